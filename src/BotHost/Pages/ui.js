// What comes later comes into a page that is open; without this all of it is there after loading the page again.
(() => {
  const local = (root) => {
    for (const time of root.querySelectorAll('time[datetime]')) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.valueOf())) continue;
      time.title = `${time.dateTime} UTC`;
      time.textContent = time.classList.contains('short')
        ? at.toLocaleTimeString()
        : at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
    }
  };
  local(document);

  const page = document.querySelector('[data-live]');
  if (!page || typeof EventSource === 'undefined') return;
  const log = document.getElementById('log');
  let last = page.dataset.after;
  let state = null;
  let events;

  const put = (id, html) => {
    const part = document.getElementById(id);
    part.innerHTML = html;
    local(part);
  };
  const open = () => {
    events = new EventSource(`${page.dataset.live}?after=${last}`);
    for (const part of ['head', 'plan', 'facts']) events.addEventListener(part, (e) => put(part, e.data));
    events.addEventListener('log', (e) => {
      last = e.lastEventId;
      const atEnd = window.innerHeight + window.scrollY >= log.getBoundingClientRect().bottom + window.scrollY - 40;
      log.insertAdjacentHTML('beforeend', e.data);
      local(log.lastElementChild);
      if (atEnd && document.activeElement === document.body) log.lastElementChild.scrollIntoView({ block: 'nearest' });
    });
    // What may be said depends on where the task stands: the form is loaded anew, unless somebody writes in it.
    events.addEventListener('state', async (e) => {
      const isNew = state !== null && state !== e.data;
      state = e.data;
      if (!isNew) return;
      const answer = await fetch(location.pathname, { headers: { accept: 'text/html' } });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('steer');
      const mine = document.getElementById('steer');
      if (!fresh || !mine) return;
      const text = mine.querySelector('textarea');
      const written = text?.value ?? '';
      const hadFocus = document.activeElement === text;
      mine.replaceWith(fresh);
      const field = fresh.querySelector('textarea');
      if (field && written) field.value = written;
      if (field && hadFocus) field.focus();
    });
    events.addEventListener('end', () => events.close());
  };
  open();
})();
