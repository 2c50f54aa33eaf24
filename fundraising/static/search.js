// The search box shows the best under itself while one types: arrows choose, Enter opens, Escape closes.
// Without it Enter leads to a page with everything that was found. What is typed is posted, never put in an address.
"use strict";

(() => {
  const form = document.querySelector("form.search[data-suggestions]");
  if (!form) return;
  const box = form.elements.q;
  const list = document.createElement("div");
  list.className = "suggestions";
  list.id = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.querySelector("label").textContent);
  list.hidden = true;
  form.append(list);
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": list.id,
    "aria-expanded": "false",
  })) box.setAttribute(name, value);

  let asked, waiting;
  const options = () => [...list.querySelectorAll('[role="option"]')];
  const chosen = () => list.querySelector('[aria-selected="true"]');

  function show(open) {
    list.hidden = !open;
    box.setAttribute("aria-expanded", String(open && options().length > 0));
    if (!open) box.removeAttribute("aria-activedescendant");
  }

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) return box.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", option.id);
  }

  function step(by) {
    const all = options();
    const at = all.indexOf(chosen()) + by;
    // Before the first stands the box itself.
    choose(at < 0 ? null : all[Math.min(at, all.length - 1)]);
  }

  // A question that is overtaken is given up: an old answer never stands under new words.
  async function ask() {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    try {
      const answer = await fetch(form.dataset.suggestions, { method: "POST", body: new FormData(form), signal });
      if (!answer.ok || answer.redirected) return show(false);
      const found = await answer.text();
      if (signal.aborted) return;
      list.innerHTML = found;
      show(document.activeElement === box);
    } catch {
      if (!signal.aborted) show(false);
    }
  }

  box.addEventListener("input", () => {
    clearTimeout(waiting);
    if (box.value.trim().length < 2) {
      asked?.abort();
      list.replaceChildren();
      return show(false);
    }
    waiting = setTimeout(ask, 120);
  });

  box.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && !list.hidden) show(false);
    else if (event.key === "ArrowDown" && options().length) list.hidden ? show(true) : step(1);
    else if (event.key === "ArrowUp" && !list.hidden) step(-1);
    else if (event.key === "Enter" && !list.hidden && chosen()) location.assign(chosen().href);
    else return;
    event.preventDefault();
  });

  // The list is gone when the box is left, but not before a click in it has done its work.
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) show(false);
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  form.addEventListener("submit", () => {
    clearTimeout(waiting);
    asked?.abort();
  });
})();
