// The giving form, a little handier. Everything on it also works without this.
(() => {
  "use strict";
  const form = document.querySelector("form.giving");
  const button = document.getElementById("give");
  const total = document.getElementById("total");
  const other = form.elements.other_amount;
  const say = form.dataset;
  const locale = say.language === "en" ? "en-IE" : "nl-NL";

  // The amount in cents, or 0; as the server reads it: 1300, 1.300, 1.300,00, 25,5, € 25, 25,-
  const cents = (text) => {
    const bare = text.replace(/\s/g, "").replace(/^(€|EUR)|€$/g, "");
    const parts = /^(\d{1,9}|\d{1,3}(?:\.\d{3})+)(?:[.,](\d{1,2})|,-)?$/.exec(bare);
    if (!parts) return 0;
    return Number(parts[1].replaceAll(".", "")) * 100 + Number((parts[2] || "").padEnd(2, "0"));
  };

  const written = (amount) =>
    new Intl.NumberFormat(locale, {
      style: "currency",
      currency: "EUR",
      minimumFractionDigits: amount % 100 ? 2 : 0,
    }).format(amount / 100);

  const units = (amount) => {
    const times = amount / cents(say.unit || "");
    if (!amount || !Number.isInteger(times)) return "";
    return times === 1 ? say.unitOne : say.unitMany.replace("{}", times);
  };

  const show = () => {
    const chosen = form.elements.amount.value;
    const amount = cents(chosen === "other" ? other.value : chosen);
    button.textContent = amount ? say.giveAmount.replace("{}", written(amount)) : say.give;
    const words = say.unit ? units(amount) : "";
    if (total.textContent !== words) total.textContent = words;
  };

  form.addEventListener("input", show);
  // Who points at "another amount" wants to type it; who comes past it with the arrow keys may be on the way elsewhere.
  let pointing = false;
  form.addEventListener("pointerdown", () => {
    pointing = true;
  });
  form.addEventListener("keydown", () => {
    pointing = false;
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "amount") {
      if (event.target.value !== "other") other.value = "";
      else if (pointing) other.focus();
    }
    show();
  });

  // What can be told of an IBAN or an e-mail address before the form is sent. No answer is no matter.
  for (const place of form.querySelectorAll("[data-check]")) {
    const field = place.querySelector("input");
    // In the place of the help, so that nothing moves while somebody clicks.
    const hint = place.querySelector(".help");
    const atRest = hint.textContent;
    hint.setAttribute("role", "status");
    let asked = 0;
    field.addEventListener("change", async () => {
      const mine = ++asked;
      hint.textContent = atRest;
      if (field.value.trim() === "") return;
      try {
        const typed = new URLSearchParams({ [field.name]: field.value });
        const answer = await fetch(place.dataset.check, { method: "POST", body: typed });
        if (!answer.ok || mine !== asked) return;
        const found = await answer.json();
        hint.textContent = found.message || atRest;
        if (found.written) field.value = found.written;
      } catch {
        hint.textContent = atRest;
      }
    });
  }

  // Pressing twice sends once. Coming back with the Back button, or when no answer came or was wanted, it works again: the
  // same form is one gift, however often it is sent.
  const patience = 8000;
  let sent = false;
  const ready = () => {
    sent = false;
    button.removeAttribute("aria-disabled");
  };
  form.addEventListener("submit", (event) => {
    // To be shown in the other language, it may be sent as often as one likes.
    if (event.submitter?.hasAttribute("formaction")) return;
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    button.setAttribute("aria-disabled", "true");
    setTimeout(ready, patience);
  });
  addEventListener("pageshow", () => {
    ready();
    show();
  });
  show();
})();
