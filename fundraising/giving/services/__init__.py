"""The verbs of online giving. They work inside the transaction of whoever calls them and ask nothing of the network."""
