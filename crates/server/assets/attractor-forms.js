/*! attractor-forms.js, Apache-2.0. Sends forms of Attractor in place and shows what is wrong; without it they work too. */
(() => {
  'use strict';

  // A field is a property of its form too: one that is called `action` hides `form.action`. Names of fields have no
  // capital letters, so each property that is used of a form here has one.

  /** The visitor that attractor.js knows on this page, if any. */
  function visitor() {
    try {
      const cookie = document.cookie.split('; ').find((pair) => pair.startsWith('attractor_id='));
      return localStorage.getItem('attractor_id') || (cookie && decodeURIComponent(cookie.slice(13))) || '';
    } catch {
      return '';
    }
  }

  function note(text, role) {
    const element = document.createElement('p');
    element.textContent = text;
    element.setAttribute('role', role);
    element.className = `attractor-${role}`;
    return element;
  }

  function clear(form) {
    form.querySelectorAll('.attractor-alert').forEach((element) => element.remove());
    form.querySelectorAll('[aria-invalid]').forEach((field) => {
      field.removeAttribute('aria-invalid');
      field.removeAttribute('aria-describedby');
    });
  }

  /** Readers of screens go to the message, and the page scrolls there. */
  function focusOn(message) {
    message.tabIndex = -1;
    message.focus();
  }

  function showErrors(form, answer) {
    let first;
    for (const [name, text] of Object.entries(answer.errors || {})) {
      const field = form.querySelector(`[name="${name}"]`);
      if (!field) continue;
      const element = note(text, 'alert');
      element.id = `attractor-${form.getAttribute('data-attractor-form')}-${name}`;
      field.setAttribute('aria-invalid', 'true');
      field.setAttribute('aria-describedby', element.id);
      (field.closest('label') || field).after(element);
      first = first || field;
    }
    if (first) first.focus();
    else focusOn(form.insertBefore(note(answer.text || answer.detail, 'alert'), form.firstChild));
  }

  function showThanks(form, answer) {
    const thanks = note(answer.text, 'status');
    form.replaceWith(thanks);
    focusOn(thanks);
  }

  async function send(form) {
    const fields = new URLSearchParams(new FormData(form));
    const id = visitor();
    if (id) fields.set('_visitor', id);
    const response = await fetch(form.getAttribute('action'), {
      method: 'POST',
      body: fields,
      headers: { accept: 'application/json' },
      credentials: 'omit',
    });
    const answer = await response.json();
    if (!response.ok) return showErrors(form, answer);
    // Also before a page that comes next: while that loads, a form that is still there would be sent again.
    showThanks(form, answer);
    if (answer.redirect) location.assign(answer.redirect);
  }

  let busy = new WeakSet();

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.hasAttribute || !form.hasAttribute('data-attractor-form') || event.defaultPrevented) return;
    event.preventDefault();
    if (busy.has(form)) return;
    busy.add(form);
    clear(form);
    send(form).then(
      () => busy.delete(form),
      // Whatever goes wrong on the way, the browser sends the form itself, once: it stays busy.
      () => HTMLFormElement.prototype.submit.call(form),
    );
  });

  // Back on this page, the form can be sent again.
  addEventListener('pageshow', (event) => {
    if (event.persisted) busy = new WeakSet();
  });
})();
