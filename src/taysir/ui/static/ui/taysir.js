/* Small comforts. Every page works without this file. */
(function () {
  "use strict";
  // An error summary is read out and reached first.
  var summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    form.querySelectorAll("button[type=submit]").forEach(function (button) {
      button.setAttribute("aria-disabled", "true");
    });
  });
  // The back button brings the form back as unsent.
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      form.querySelectorAll("button[aria-disabled]").forEach(function (button) {
        button.removeAttribute("aria-disabled");
      });
    });
  });

  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      window.print();
    });
  });

  // A page that waits for the state looks again by itself: data-poll is an address that answers
  // with a short text; when it differs from data-poll-state, the page is loaded anew.
  var waiting = document.querySelector("[data-poll]");
  var looks = 0;
  function look() {
    if (looks++ > 40 || document.hidden) return;
    fetch(waiting.dataset.poll, { credentials: "same-origin" })
      .then(function (answer) {
        return answer.ok ? answer.text() : waiting.dataset.pollState;
      })
      .then(function (state) {
        if (state.trim() !== waiting.dataset.pollState) location.reload();
        else setTimeout(look, 1500 + looks * 250);
      })
      .catch(function () {
        setTimeout(look, 10000);
      });
  }
  if (waiting) setTimeout(look, 1500);
})();
