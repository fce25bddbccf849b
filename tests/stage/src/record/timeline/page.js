// The page around the chart: what is chosen, and what a click, a key or the wheel does.

const chart = shape('svg', { id: 'chart', tabindex: '0', role: 'group', 'aria-label': 'Hooks over time. Arrow keys go from hook to hook.' });
const hookColumn = make('section', { id: 'hook', ariaLabel: 'Hook', ariaLive: 'polite' });
const momentColumn = make('section', { id: 'moment', ariaLabel: 'Model at a moment' });

function fit() {
  zoomTo(0, scale().end);
}

function zoomTo(from, to) {
  const least = scale().end / 20000;
  const width = Math.min(scale().end, Math.max(least, to - from));
  view.from = Math.min(Math.max(0, from), scale().end - width);
  view.to = view.from + width;
  redraw();
}

function zoomBy(factor, place = (view.from + view.to) / 2) {
  zoomTo(place - (place - view.from) * factor, place + (view.to - place) * factor);
}

let isWaiting = false;
function redraw() {
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(() => {
    isWaiting = false;
    draw();
  });
}

/** Shows a hook, and the model as it left it. */
function select(hook) {
  [view.selected, view.time] = [hook, hook.end];
  hookColumn.replaceChildren(...hookPanel(hook).filter(Boolean));
  momentColumn.replaceChildren(...momentPanel(hook.entry, hook.end).filter(Boolean));
  history.replaceState(null, '', `#hook=${hook.number + 1}`);
  const [from, to] = [scale().place(hook.began), scale().place(hook.end)];
  if (from < view.from || to > view.to) zoomTo((from + to - view.to + view.from) / 2, (from + to + view.to - view.from) / 2);
  redraw();
}

/** Shows the model at a time, and what the operator did then. */
function selectTime(time, place = entryAt(time)) {
  [view.selected, view.time] = [null, time];
  const near = marks.filter((mark) => Math.abs(xOf(mark.at) - xOf(time)) < 12);
  hookColumn.replaceChildren(make('h2', {}, near.length ? 'What was done' : 'No hook is chosen'),
    ...near.map((mark) => make('p', { className: mark.failure ? 'mark bad' : 'mark' }, sentence(mark), mark.failure ? make('pre', {}, mark.failure) : null)),
    make('p', { className: 'hint' }, 'A click on a bar, or an arrow key, shows a hook.'));
  momentColumn.replaceChildren(...momentPanel(place, time).filter(Boolean));
  history.replaceState(null, '', `#at=${Math.round(time)}`);
  redraw();
}

/** The next hook in a direction, of any unit. */
function step(by) {
  const wanted = hooks.filter(isWanted);
  const next = by > 0 ? wanted.find((hook) => hook.began >= (view.time ?? 0) && hook !== view.selected)
    : wanted.findLast((hook) => hook.end < (view.time ?? Infinity) && hook !== view.selected);
  if (next) select(next);
}

/** The hook of the unit above or below that is nearest in time. */
function change(by) {
  const shown = rows.filter((row) => row.isUnit && isShown(row) && row.hooks.some(isWanted));
  const place = shown.findIndex((row) => row.name === view.selected?.unit);
  const row = shown[place === -1 ? 0 : place + by];
  const distance = (hook) => Math.abs(hook.end - (view.time ?? 0));
  const nearest = row?.hooks.filter(isWanted).reduce((best, hook) => (distance(hook) < distance(best) ? hook : best));
  if (nearest) select(nearest);
}

const keys = {
  ArrowRight: () => step(1), ArrowLeft: () => step(-1), ArrowUp: () => change(-1), ArrowDown: () => change(1),
  '+': () => zoomBy(0.6), '=': () => zoomBy(0.6), '-': () => zoomBy(1 / 0.6), 0: fit,
};

document.addEventListener('keydown', (event) => {
  if (event.target.closest('input, select, summary') || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

const placeAt = (event) => {
  const left = event.clientX - chart.getBoundingClientRect().left;
  return view.from + (Math.max(0, left - LEFT) / (view.width - LEFT)) * (view.to - view.from);
};

chart.addEventListener('wheel', (event) => {
  event.preventDefault();
  const width = view.to - view.from;
  if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) zoomTo(view.from + (event.deltaX / view.width) * width, view.to + (event.deltaX / view.width) * width);
  else zoomBy(event.deltaY > 0 ? 1.25 : 0.8, placeAt(event));
}, { passive: false });

let drag = null;
chart.addEventListener('pointerdown', (event) => {
  drag = { x: event.clientX, from: view.from, to: view.to, moved: false };
});
addEventListener('pointermove', (event) => {
  if (!drag || (!drag.moved && Math.abs(event.clientX - drag.x) < 5)) return;
  drag.moved = true;
  const by = ((event.clientX - drag.x) / (view.width - LEFT)) * (drag.to - drag.from);
  zoomTo(drag.from - by, drag.to - by);
});
addEventListener('pointerup', () => setTimeout(() => { drag = null; }));

chart.addEventListener('click', (event) => {
  if (drag?.moved) return;
  const bar = event.target.closest('[data-hook]');
  const mark = event.target.closest('.act[data-entry]');
  if (bar) select(hooks[Number(bar.dataset.hook)]);
  else if (mark) selectTime(entries[Number(mark.dataset.entry)].at, Number(mark.dataset.entry));
  else if (event.clientX - chart.getBoundingClientRect().left >= LEFT) selectTime(scale().time(placeAt(event)));
});

function choice(values, set) {
  const element = make('select', {}, values.map(([value, words]) => make('option', { value }, words)));
  element.addEventListener('change', () => set(element.value));
  return element;
}

function filter(element, name, property = 'value') {
  element.addEventListener('input', () => {
    view[name] = element[property];
    redraw();
  });
  return element;
}

const button = (words, title, act) => {
  const element = make('button', { type: 'button', title, ariaLabel: title }, words);
  element.addEventListener('click', act);
  return element;
};

function controls() {
  const names = [...new Set(rows.flatMap((row) => [row.application, row.name]))];
  return make('nav', { ariaLabel: 'What is shown' },
    make('label', {}, 'Unit ', filter(choice([['', 'all'], ...names.map((name) => [name, name])], () => {}), 'unit')),
    make('label', {}, 'Hook ', filter(make('input', { type: 'search', id: 'filter', placeholder: 'part of a name', size: 18, list: 'names' }), 'hook')),
    make('datalist', { id: 'names' }, [...new Set(hooks.map((hook) => hook.hook))].sort().map((value) => make('option', { value }))),
    make('label', {}, filter(make('input', { type: 'checkbox', id: 'failed' }), 'onlyFailed', 'checked'), ' only failed'),
    make('label', {}, 'Axis ', choice(Object.entries(scales).map(([value, { title }]) => [value, title]), (value) => {
      view.scale = value;
      fit();
    })),
    make('span', { className: 'zoom' }, button('−', 'Zoom out', () => zoomBy(1 / 0.6)), button('+', 'Zoom in', () => zoomBy(0.6)), button('fit', 'Show all', fit)));
}

function header() {
  const failed = hooks.filter((hook) => hook.verdict === 'failed').length;
  const wrong = marks.filter((mark) => mark.failure).length;
  const facts = [`${hooks.length} hooks`, `${failed} failed`, wrong ? `${wrong} not as expected` : '', length(duration), `Juju ${data.juju}`, `began ${data.began.slice(0, 19).replace('T', ' ')} UTC`];
  return make('header', {}, make('h1', {}, [...new Set(rows.map((row) => row.application))].join(', ') || data.model), make('p', {}, facts.filter(Boolean).join(' · ')));
}

const legend = () => make('p', { className: 'legend' }, Object.keys(LETTERS).map((status) => [badge(status), ' ']).flat(),
  '✕ failed, † killed, – no program · ticks in a bar: hook tools, below them requests to Pebble · ★ leads');

const hint = () => make('p', { className: 'legend' }, 'A click on a bar shows the hook, a click elsewhere the model at that moment. ← → next hook, ↑ ↓ other unit; wheel, + and − zoom, 0 shows all, dragging moves.');

function begin() {
  document.title = `${data.model}: ${hooks.length} hooks`;
  document.body.append(header(), controls(), make('div', { id: 'frame' }, chart), legend(), hint(), make('main', {}, hookColumn, momentColumn));
  const measure = () => {
    view.width = chart.getBoundingClientRect().width;
  };
  new ResizeObserver(() => {
    measure();
    redraw();
  }).observe(chart.parentElement);
  measure();
  fit();
  const [, kind, number] = /^#(hook|at)=(\d+)$/.exec(location.hash) ?? [];
  const first = hooks[Number(number) - 1] ?? hooks.find((hook) => hook.verdict === 'failed') ?? hooks.at(-1);
  if (kind === 'at' || !first) selectTime(Number(number ?? 0));
  else select(first);
}

begin();
