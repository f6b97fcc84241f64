// A site's own script at its kiosk: nobody should have to press a button for the page's sake, and nobody's turn outlasts them.

const check = document.querySelector('nod-verify');
check.addEventListener('nod-answer', ({ detail }) => {
  // A form with something missing says what, and waits.
  if (detail.yes && check.form.reportValidity()) check.form.requestSubmit();
});
check.addEventListener('nod-wiped', () => location.replace(check.dataset.start));
