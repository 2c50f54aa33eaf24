// Beside every value that goes into a banking app: a button that copies it. Without this it is selected by hand.
(() => {
  "use strict";
  const card = document.querySelector("[data-copy]");
  if (!card || !navigator.clipboard) return;
  const heard = document.createElement("p");
  heard.className = "heard";
  heard.setAttribute("role", "status");
  card.append(heard);

  const add = (value) => {
    const name = value.closest("div").querySelector("dt").textContent;
    // Fields for an IBAN may be too short for its spaces.
    const text = value.matches(".iban") ? value.textContent.replace(/\s/g, "") : value.textContent;
    const button = document.createElement("button");
    const say = (word) => {
      button.textContent = word;
      button.setAttribute("aria-label", `${word}: ${name}`);
    };
    button.type = "button";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        getSelection().selectAllChildren(value);
        return;
      }
      say(card.dataset.copied);
      heard.textContent = `${card.dataset.copied}: ${name}`;
      setTimeout(say, 4000, card.dataset.copy);
    });
    say(card.dataset.copy);
    value.after(button);
    value.parentElement.classList.add("copying");
  };

  card.querySelectorAll(".copy").forEach(add);
  card.querySelector(".by-hand").remove();
})();
