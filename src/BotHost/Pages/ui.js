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

  // A part of the time line that is dragged over is shown large.
  const line = document.querySelector('.timeline svg');
  if (line) {
    const [from, to, left] = ['from', 'to', 'left'].map((name) => Number(line.dataset[name]));
    const mark = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    mark.setAttribute('class', 'mark');
    mark.setAttribute('height', String(line.viewBox.baseVal.height));
    let start = null;
    const at = (e) => {
      const box = line.getBoundingClientRect();
      return Math.min(1, Math.max(0, ((e.clientX - box.left) / box.width - left) / (1 - left)));
    };
    line.addEventListener('dragstart', (e) => e.preventDefault());
    line.addEventListener('pointerdown', (e) => {
      if (e.button === 0 && e.pointerType === 'mouse') start = at(e);
    });
    window.addEventListener('pointermove', (e) => {
      if (start === null) return;
      const width = line.viewBox.baseVal.width;
      const [a, b] = [start, at(e)].sort((x, y) => x - y).map((x) => (left + x * (1 - left)) * width);
      mark.setAttribute('x', String(a));
      mark.setAttribute('width', String(b - a));
      if (!mark.isConnected) line.append(mark);
    });
    window.addEventListener('pointerup', (e) => {
      if (start === null) return;
      const [a, b] = [start, at(e)].sort((x, y) => x - y);
      start = null;
      mark.remove();
      if (b - a < 0.01) return;
      location.search = `?from=${from + a * (to - from)}&to=${from + b * (to - from)}`;
    });
  }

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
