// Passkeys: asks the browser for one, and sends its answer with the form around the button.
// A page without this script, or a browser without passkeys, never shows the button.
"use strict";

const ASK = {
  make: (options) => ({ make: true, publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  use: (options) => ({ make: false, publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
};

async function answer(form) {
  const { make, publicKey } = ASK[form.dataset.passkey](JSON.parse(form.dataset.options));
  const credential = await (make
    ? navigator.credentials.create({ publicKey })
    : navigator.credentials.get({ publicKey }));
  form.elements.namedItem("credential").value = JSON.stringify(credential.toJSON());
  form.submit();
}

const able = window.PublicKeyCredential && PublicKeyCredential.parseCreationOptionsFromJSON;
for (const form of able ? document.querySelectorAll("form[data-passkey]") : []) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // Who changes their mind, or waits too long, is told beside the button and may try again.
    answer(form).catch(() => {
      form.querySelector("[data-failed]").hidden = false;
    });
  });
}
