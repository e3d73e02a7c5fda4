// News while nobody looks: a number in the title and a dot on the icon and, where
// asked for, a sound and the browser's notifications; one for a lead and its state.
const bell = $('#alerts'), icon = $('link[rel=icon]'), usual = {title: document.title, icon: icon?.href};
const wish = {notify: remembered('notify') === 'on', sound: remembered('sound') === 'on'};
let known = null, unread = 0;
function eager() { return !!$('#alerts') && remembered('notify') === 'on' && window.Notification?.permission === 'granted'; }

function happenings() {
  const found = new Map();
  for (const row of rows()) {
    const {lead, stage, tier, owner} = row.dataset, clock = $('time[data-due]', row)?.dataset;
    const add = (state, word) => found.set(lead + ' ' + state, {lead, name: $('.name', row).textContent, text: bell.dataset[word]});
    if (stage === 'mql' && (tier === 'hot' || tier === 'fire')) add(tier, tier);
    if (owner && owner === me && clock && clock.state !== 'ontime') add(clock.clock + ' ' + clock.state, clock.state);
  }
  return found;
}

// news compares what is shown with what was shown. What somebody sees happen in one
// tab is old to the others: those wait a second.
function news() {
  if (!bell) return;
  const all = happenings(), first = !known, seen = first || !document.hidden && document.hasFocus();
  const fresh = [...all].filter(([key]) => !known?.has(key));
  known = all;
  if (fresh.length) setTimeout(() => announce(fresh, first, seen), seen ? 0 : 1000);
}

async function announce(fresh, first, seen) {
  const unsaid = () => {
    let told = {};
    try { told = JSON.parse(remembered('told')) ?? told; } catch { /* not ours */ }
    const t = Date.now(), list = fresh.filter(([key]) => !(t - told[key] < 12 * HOUR));
    for (const key of Object.keys(told)) if (t - told[key] > 12 * HOUR) delete told[key];
    for (const [key] of list) told[key] = t;
    remember('told', JSON.stringify(told));
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
  const many = [['many', {name: `${list.length} ${bell.dataset.many}`, text: ''}]];
  for (const [tag, {lead, name, text}] of list.length > 3 ? many : list) {
    try {
      const note = new Notification(name, {tag: 'hotleads ' + tag, body: (text ? text + ' · ' : '') + $('h1').textContent, icon: usual.icon});
      note.onclick = () => { window.focus(); rowOf(lead)?.focus(); note.close(); };
    } catch { write($('.said', bell), bell.dataset.unable); } // a phone
  }
}

let sounds = null;
function chime() {
  try { sounds ??= new AudioContext(); } catch { return; }
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
  const paint = () => {
    for (const b of $$('button', bell)) b.setAttribute('aria-pressed', String(b.dataset.wish === 'notify' ? eager() : wish.sound));
    const able = window.Notification && window.isSecureContext;
    write($('.said', bell), !wish.notify || eager() ? '' : !able ? bell.dataset.unable : Notification.permission === 'denied' ? bell.dataset.denied : '');
  };
  bell.addEventListener('click', async e => {
    const b = e.target.closest('button'), what = b?.dataset.wish;
    if (!what) return;
    wish[what] = b.getAttribute('aria-pressed') !== 'true';
    remember(what, wish[what] ? 'on' : 'off');
    if (what === 'sound' && wish.sound) chime();
    if (what === 'notify' && wish.notify && window.Notification?.permission === 'default') await Notification.requestPermission();
    paint();
    document.dispatchEvent(new Event('alerts'));
  });
  const look = () => { if (!document.hidden) badge(0); };
  document.addEventListener('visibilitychange', look);
  addEventListener('focus', look);
  bell.hidden = false;
  paint();
  news();
}
