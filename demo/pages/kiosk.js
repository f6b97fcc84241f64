// The hotel's own script at its kiosk: nobody should have to press a button for the page's sake, and nobody's turn outlasts them.

const check = document.querySelector('nod-verify');
check.addEventListener('nod-answer', ({ detail }) => {
  if (detail.yes) check.form.requestSubmit();
});
check.addEventListener('nod-wiped', () => location.replace('/kiosk'));
