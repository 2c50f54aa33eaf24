// Tells on the page of an import how far it is, and shows the page anew when there is nothing left to wait for.
(() => {
  "use strict";
  const part = () => document.querySelector("[data-progress]");
  if (!part()) return;
  const look = async () => {
    try {
      const answer = await fetch(location.pathname);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.querySelector("[data-progress]");
      if (answer.ok && now === null) {
        location.replace(answer.url);
        return;
      }
      // What is read aloud changes only where it says something else.
      if (now && now.textContent !== part().textContent) part().replaceChildren(...now.childNodes);
    } catch {
      // The line is gone for a moment: the next look may find it again.
    }
    setTimeout(look, 2000);
  };
  setTimeout(look, 1000);
})();
