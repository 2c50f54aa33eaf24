// The keyboard on staff pages: / searches, j and k go from row to row, Enter opens, n writes a note, ? shows the keys.
// Everything can be done without it.
"use strict";

const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.getClientRects().length);
const keys = document.getElementById("keys");

const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

// A row that has a link is reached by it, so that Enter opens it; another is shown where it is.
function stand(row) {
  for (const other of document.querySelectorAll("[data-row].here")) other.classList.remove("here");
  row.classList.add("here");
  const link = row.querySelector(".lead a, a");
  if (link) link.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.classList.contains("here"));
  stand(all[Math.min(Math.max(at + by, 0), all.length - 1)]);
}

function use(key) {
  const target = document.querySelector(`[data-key="${key}"]`);
  if (!target) return false;
  if (target.matches("input, textarea")) {
    target.closest("details")?.setAttribute("open", "");
    target.focus();
    target.select();
  } else {
    target.click();
  }
  return true;
}

const DEEDS = {
  "/": () => use("/"),
  n: () => use("n"),
  j: () => step(1),
  k: () => step(-1),
  "?": () => keys.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open || isTyping(event.target)) return;
  const deed = DEEDS[event.key];
  if (deed && deed() !== false) event.preventDefault();
});

keys.querySelector("[data-close]").addEventListener("click", () => keys.close());

// One menu is open at a time, and a click beside it or Escape closes it.
const menus = [...document.querySelectorAll("details.person, details.menu")];
document.addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus.filter((each) => each.open)) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A button that was pressed is not pressed twice. What comes back with the Back button can be sent again; a form
// whose answer is a file (data-download) leaves its page standing, and is sent as often as somebody wants the file.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || "download" in form.dataset) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
