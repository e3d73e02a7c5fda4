// News: what this person was told stands in every page (#notices) and comes by its
// stream. While nobody looks: a number in the title and a dot on the icon and, where
// asked for, a sound and the browser's notifications; each once in this browser.
const bell = $('#notices'), switches = $('#alerts'), icon = $('link[rel=icon]'), usual = {title: document.title, icon: icon?.href};
const wish = {notify: remembered('notify') === 'on', sound: remembered('sound') === 'on'};
let known = null, unread = 0;
function eager() { return !!$('#notices') && remembered('notify') === 'on' && window.Notification?.permission === 'granted'; }

// news compares what there is with what there was. What somebody sees happen in one
// tab is old to the others: those wait a second.
function news() {
  if (!bell) return;
  const all = new Map($$('li', bell).map(li => [li.dataset.key, {...li.dataset, title: li.textContent}]));
  const first = !known, seen = first || !document.hidden && document.hasFocus();
  const fresh = [...all].filter(([key]) => !known?.has(key));
  known = all;
  if (fresh.length) setTimeout(() => announce(fresh, first, seen), seen ? 0 : 1000);
}

const TOLD = 97 * HOUR; // longer than anything stays unread
const KNOWN = 200;      // ms in which what one tab stores is in all others
async function announce(fresh, first, seen) {
  const unsaid = async () => {
    let told = {};
    try { told = JSON.parse(remembered('told')) ?? told; } catch { /* not ours */ }
    const t = Date.now(), list = fresh.filter(([key]) => (first || known.has(key)) && !(t - told[key] < TOLD));
    for (const key of Object.keys(told)) if (!(t - told[key] < TOLD)) delete told[key];
    for (const [key] of list) told[key] = t;
    remember('told', JSON.stringify(told));
    if (list.length) await new Promise(done => setTimeout(done, KNOWN)); // who has the lock next may not see it else
    return list;
  };
  const list = await (navigator.locks?.request('hotleads.told', unsaid) ?? unsaid());
  if (first || !list.length) return;
  if (wish.sound) chime();
  if (seen) return;
  badge(unread + list.length);
  if (eager()) notify(list);
}

function badge(n) {
  unread = n;
  document.title = n ? `(${n}) ${usual.title}` : usual.title;
  if (icon) icon.href = n ? bell.dataset.news : usual.icon;
}

function notify(list) {
  const many = [['many', {title: `${list.length} ${bell.dataset.many}`, text: '', url: '/notices'}]];
  for (const [tag, {lead, title, text, url}] of list.length > 3 ? many : list) {
    try {
      const note = new Notification(title, {tag: 'hotleads ' + tag, body: text, icon: usual.icon});
      note.onclick = () => {
        window.focus();
        const row = lead && board && rowOf(lead);
        if (row) row.focus(); else location.assign(url);
        note.close();
      };
    } catch { if (switches) write($('.said', switches), switches.dataset.unable); } // a phone
  }
}

// chime is silent where the browser wants a click in this page first: a sound that
// comes with a later click would tell of what is old by then.
let sounds = null;
async function chime() {
  try { sounds ??= new AudioContext(); } catch { return; }
  if (sounds.state !== 'running') await Promise.race([sounds.resume(), new Promise(done => setTimeout(done, 1000))]);
  if (sounds.state !== 'running') return;
  for (const [i, pitch] of [880, 1175].entries()) {
    const tone = sounds.createOscillator(), loud = sounds.createGain(), at = sounds.currentTime + i * 0.14;
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0.12, at);
    loud.gain.exponentialRampToValueAtTime(0.001, at + 0.4);
    tone.connect(loud).connect(sounds.destination);
    tone.start(at);
    tone.stop(at + 0.4);
  }
}

if (bell) {
  const look = () => { if (!document.hidden) badge(0); };
  document.addEventListener('visibilitychange', look);
  addEventListener('focus', look);
  news();
}

function paint() {
  if (!switches) return;
  for (const b of $$('button', switches)) b.setAttribute('aria-pressed', String(b.dataset.wish === 'notify' ? eager() : wish.sound));
  const able = window.Notification && window.isSecureContext;
  write($('.said', switches), !wish.notify || eager() ? '' : !able ? switches.dataset.unable : Notification.permission === 'denied' ? switches.dataset.denied : '');
}

// What is wished for in one tab counts in all.
addEventListener('storage', e => {
  for (const what of Object.keys(wish)) if (e.key === 'hotleads.' + what) wish[what] = e.newValue === 'on';
  paint();
});

if (switches) {
  switches.addEventListener('click', async e => {
    const b = e.target.closest('button'), what = b?.dataset.wish;
    if (!what) return;
    wish[what] = b.getAttribute('aria-pressed') !== 'true';
    remember(what, wish[what] ? 'on' : 'off');
    if (what === 'sound' && wish.sound) chime();
    if (what === 'notify' && wish.notify && window.Notification?.permission === 'default') await Notification.requestPermission();
    paint();
    document.dispatchEvent(new Event('alerts'));
  });
  switches.hidden = false;
  paint();
}
