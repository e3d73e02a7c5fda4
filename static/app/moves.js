// Moves. A click is sent once; what comes back are partials of the page.
const busy = new Map(); // by lead: the move that is under way
const moveOf = form => /^\/leads\/([^/]+)\/([a-z]+)$/.exec(form.getAttribute('action') ?? '');

document.addEventListener('submit', e => {
  const form = e.target, found = form.method === 'post' && moveOf(form);
  if (!found) return;
  const [, id, move] = found, by = e.submitter;
  const asks = (move === 'return' || move === 'touch') && !by?.name;
  if (asks) {
    e.preventDefault();
    const row = form.closest('.row');
    if (row && !document.activeElement?.matches('.note')) drawer(row, move);
    else $('.choices button', form)?.focus();
  } else if (by?.hasAttribute('data-dated') && !$('[name=date]', form).value) {
    e.preventDefault();
    $('[name=date]', form).focus();
  } else {
    e.preventDefault();
    send(form, by, decodeURIComponent(id));
  }
});

// idle tells whether nothing would be lost if the page were loaded anew.
function idle() {
  const typed = el => el.type !== 'hidden' && (el.value !== el.defaultValue || el.checked !== el.defaultChecked);
  return !busy.size && !$('dialog[open], details[open], [data-ui-open], #undo form') && !document.activeElement?.matches('input, textarea, select') && !$$('input, textarea').some(typed);
}

// send makes a move, one at a time of a lead. Who takes back meanwhile what they see
// done already is not left alone: that waits.
async function send(form, by, id) {
  const first = busy.get(id);
  if (!first) busy.set(id, post(form, by, id));
  else if (form.matches('.m-undo,.undo')) {
    await first;
    $(`#undo form[data-undo-of="${CSS.escape(id)}"]`)?.requestSubmit();
  }
}

async function post(form, by, id) {
  const body = new URLSearchParams(new FormData(form, by));
  if (!by?.hasAttribute('data-dated')) body.delete('date');
  const all = on => { for (const el of $$(`[data-lead="${CSS.escape(id)}"],[data-peek="${CSS.escape(id)}"]`)) mark(el, 'uiBusy', on); };
  all('');
  tell(id, '');
  try {
    const answer = await fetch(form.getAttribute('action'), {
      method: 'POST', body, credentials: 'same-origin', signal: AbortSignal.timeout(10e3),
      headers: {'HX-Request': 'true', 'HX-Current-URL': location.href, Accept: 'text/html'},
    });
    const text = await answer.text();
    if (answer.status === 401) return signIn();
    if (!text.includes('<hx-partial')) {
      if (answer.redirected) return location.assign(answer.url);
      return tell(id, words.server);
    }
    if (answer.ok) drawer(rowOf(id), null);
    await htmx.swap({text, sourceElement: document.body, target: document.body, swap: 'none'});
    // What was offered before is over after any other move, and after a refused undo.
    if (!text.includes('hx-target="#undo"') && (answer.ok || form.matches('.m-undo,.undo'))) { $('#undo')?.replaceChildren(); armUndo(); }
    const said = /hx-target="\[data-msg[^>]*>([^<]*)</.exec(text)?.[1];
    if (said) tell(id, new DOMParser().parseFromString(said, 'text/html').body.textContent);
    if (answer.ok) { refreshPeek(true); requestAnimationFrame(() => keepSeen(rowOf(id))); }
  } catch {
    tell(id, words.network);
  } finally {
    busy.delete(id);
    all(null);
  }
}

// keepSeen brings a row out from under the undo bar: a claim has just told how to
// reach the lead. A row that was scrolled away stays away.
function keepSeen(row) {
  if (!row || !visible(row)) return;
  const {top, bottom} = row.getBoundingClientRect();
  if (top < innerHeight && bottom > 0) near(row);
}

// tell speaks in the row that was clicked, or at the bottom if it has gone.
const timers = new Map();
function tell(id, text) {
  const slots = $$(`[data-msg="${CSS.escape(id)}"]`);
  for (const slot of slots) write(slot, text ?? '');
  clearTimeout(timers.get(id));
  if (!text) return;
  write($('#say'), text);
  if (!slots.some(s => visible(s)) && $('#undo')) {
    const p = document.createElement('p');
    p.className = 'undo toast';
    p.textContent = text;
    $('#undo').replaceChildren(p);
    setTimeout(() => p.remove(), 8e3);
  }
  timers.set(id, setTimeout(() => { for (const s of $$(`[data-msg="${CSS.escape(id)}"]`)) write(s, ''); }, 12e3));
}

function drawer(row, name) {
  if (!row) return;
  const open = row.dataset.uiOpen === name ? null : name;
  const box = open && $(`.m-${open} .drawer`, row);
  if (box && !box.firstElementChild) box.append($('#drawer-' + open).content.cloneNode(true));
  mark(row, 'uiOpen', open);
  for (const b of $$('[data-move=return],[data-move=touch]', row)) b.setAttribute('aria-expanded', String(b.dataset.move === open));
  if (!open) return;
  $(`.m-${open} .choices button`, row)?.focus({preventScroll: true});
  near(box);
}

// Undo, for ten seconds.
let undoTimer = 0;
function armUndo() {
  const form = $('#undo form.undo');
  for (const row of $$('[data-ui-undo]')) if (row.dataset.lead !== form?.dataset.undoOf) mark(row, 'uiUndo', null);
  if (!form || form.dataset.uiArmed) return;
  const left = () => Number(form.dataset.until) - now();
  const step = () => {
    if (!form.isConnected || left() <= 0) {
      clearInterval(undoTimer);
      form.remove();
      armUndo();
      return;
    }
    write($('.secs', form), '· ' + Math.ceil(left() / 1000) + ' s');
    mark(rowOf(form.dataset.undoOf), 'uiUndo', '');
  };
  clearInterval(undoTimer);
  form.dataset.uiArmed = '';
  if (left() > 0) {
    const from = 100 - Math.min(100, left() / 100);
    $('.ring .fill', form).animate([{strokeDashoffset: from}, {strokeDashoffset: 100}], {duration: left(), fill: 'forwards'});
  }
  undoTimer = setInterval(step, 200);
  step();
}
