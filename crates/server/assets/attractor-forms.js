/*! attractor-forms.js, Apache-2.0. Sends forms of Attractor in place and shows what is wrong; without it they work too. */
(() => {
  'use strict';

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

  function showErrors(form, answer) {
    let first;
    for (const [name, text] of Object.entries(answer.errors || {})) {
      const field = form.elements.namedItem(name);
      if (!field || !field.setAttribute) continue;
      const element = note(text, 'alert');
      element.id = `attractor-${form.dataset.attractorForm}-${name}`;
      field.setAttribute('aria-invalid', 'true');
      field.setAttribute('aria-describedby', element.id);
      (field.closest('label') || field).after(element);
      first = first || field;
    }
    if (first) first.focus();
    else form.prepend(note(answer.text, 'alert'));
  }

  function showThanks(form, answer) {
    const thanks = note(answer.text, 'status');
    thanks.tabIndex = -1;
    form.replaceWith(thanks);
    thanks.focus();
  }

  async function send(form) {
    const fields = new URLSearchParams(new FormData(form));
    const id = visitor();
    if (id) fields.set('_visitor', id);
    const response = await fetch(form.action, {
      method: 'POST',
      body: fields,
      headers: { accept: 'application/json' },
      credentials: 'omit',
    });
    const answer = await response.json();
    if (response.ok && answer.redirect) location.assign(answer.redirect);
    else if (response.ok) showThanks(form, answer);
    else showErrors(form, answer);
  }

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.dataset || form.dataset.attractorForm === undefined || event.defaultPrevented) return;
    event.preventDefault();
    if (form.dataset.attractorBusy) return;
    form.dataset.attractorBusy = 'yes';
    clear(form);
    send(form)
      // Whatever goes wrong on the way, the browser sends the form itself.
      .catch(() => HTMLFormElement.prototype.submit.call(form))
      .finally(() => delete form.dataset.attractorBusy);
  });
})();
