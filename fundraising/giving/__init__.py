"""Giving online: public pages, donations, Mollie payments and what became of them."""
