// What stands below the chart: one hook, and the model at one moment.

/** An element of HTML. Texts become text nodes, so nothing in them is ever markup. */
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key in element && key !== 'list') element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

const badge = (status) => make('span', { className: `badge ${status}` }, status);

function section(title, count, ...children) {
  const all = children.flat(Infinity);
  return all.length ? make('section', {}, make('h3', {}, title, count === null ? null : make('span', { className: 'count' }, ` ${count}`)), all) : null;
}

/** Facts, calls, requests, commands and log of a hook. */
function hookPanel(hook) {
  const facts = [['began', `${length(hook.began)} after the beginning`], ['took', length(hook.wall)], ...hook.facts];
  return [
    make('h2', {}, hook.hook, ' ', make('span', { className: `verdict ${hook.verdict}` }, `${SIGNS[hook.verdict]} ${hook.exit}`.trim())),
    make('p', { className: 'of' }, `${hook.unit} · hook ${hook.number + 1} of ${hooks.length}`),
    make('dl', {}, facts.map(([name, value]) => [make('dt', {}, name), make('dd', {}, value)])),
    section('Hook tools', hook.calls.length, hook.calls.map((call) => callLine(hook, call))),
    section('Requests to Pebble', hook.requests.length, hook.requests.map((request) => requestLine(hook, request))),
    section('Commands of the workload', hook.boots.length, hook.boots.map((words) => make('div', { className: 'line' }, make('code', {}, words)))),
    section('Log', hook.log.length, hook.log.map(({ level, line }) => make('div', { className: `log ${level.toLowerCase()}` }, make('span', {}, level), make('code', {}, line)))),
    hook.leftOut ? make('p', { className: 'hint' }, `${hook.leftOut} more are left out.`) : null,
  ];
}

const offset = (hook, began) => make('span', { className: 'offset', title: 'since the hook began' }, `+${length(Math.max(0, began - hook.began))}`);

function callLine(hook, call) {
  const mark = make('span', { className: call.exit === 0 ? 'good' : 'bad', title: 'exit code' }, call.exit === 0 ? '✓ 0' : `✕ ${call.exit}`);
  const head = [offset(hook, call.began), mark, make('code', {}, call.words), make('span', { className: 'took' }, length(call.millis))];
  const output = [call.stdout, call.stderr].filter((words) => words !== '').map((words) => make('pre', {}, words));
  if (!output.length) return make('div', { className: 'line' }, head);
  return make('details', { className: 'line', open: call.exit !== 0 }, make('summary', {}, head), output);
}

function requestLine(hook, request) {
  const isGood = request.status !== null && request.status < 400;
  const words = request.status === null ? '✕ cut off' : `${isGood ? '✓' : '✕'} ${request.status}`;
  return make('div', { className: 'line' }, offset(hook, request.began), make('span', { className: isGood ? 'good' : 'bad', title: 'status' }, words),
    make('code', {}, request.words), make('span', { className: 'took' }, length(request.millis)));
}

/** A tree of the model's values; those that the entry itself changed are marked, those that it removed are shown a last time. */
function tree(place) {
  const before = stateAfter(place - 1);
  const state = stateAfter(place);
  const changes = new Map(entries[place]?.changes ?? []);
  const root = new Map();
  const put = (key, value, change) => {
    let node = root;
    for (const word of paths[key].slice(0, -1)) {
      if (!node.has(word)) node.set(word, new Map());
      node = node.get(word);
    }
    node.set(paths[key].at(-1), { value, change });
  };
  for (const [key, value] of state) put(key, value, changes.has(key) ? (before.has(key) ? 'changed' : 'new') : '');
  for (const [key, value] of changes) if (value === null) put(key, before.get(key) ?? '', 'removed');
  return root;
}

const branch = (root, kind) => [...(root.get(kind) ?? new Map())].sort(([one], [other]) => compareNames(one, other));

/** Statuses, databags, plans, options and secrets after an entry. */
function momentPanel(place, time) {
  const root = tree(place);
  const after = hooks.findLast((hook) => hook.entry <= place);
  const titles = root.get('relations') ?? new Map();
  return [
    make('h2', {}, `At ${length(time)}`),
    make('p', { className: 'of' }, after ? `after ${after.hook} of ${after.unit}` : 'before the first hook'),
    section('Status', null, statusTable(root)),
    section('Databags', null, branch(root, 'bags').map(([id, owners]) =>
      folder(`${titles.get(id)?.value ?? ''} (${id})`, true, [...owners].sort(([one], [other]) => compareNames(one, other)).map(([owner, bag]) => [make('h4', {}, owner), valueTable(bag)])))),
    section('Plans', null, branch(root, 'plans').flatMap(([unit, plans]) => [...plans].map(([container, plan]) =>
      folder(`${container} of ${unit}`, true, [make('pre', { className: `plan ${plan.change}` }, flag(plan.change), plan.value)])))),
    section('Options', null, branch(root, 'config').map(([application, options]) => [make('h4', {}, application), valueTable(options)])),
    section('Secrets', null, branch(root, 'secrets').map(([id, facts]) => folder(id, false, [valueTable(facts)]))),
  ];
}

function folder(title, isOpen, children) {
  return make('details', { className: 'folder', open: isOpen }, make('summary', {}, title), children);
}

const flag = (change) => (change ? make('span', { className: `flag ${change}` }, change) : null);

function statusTable(root) {
  const lines = ['applications', 'units'].flatMap((kind) => branch(root, kind)).filter(([, fields]) => fields.has('status'));
  const told = lines.filter(([name, fields]) => name.includes('/') || fields.get('status').value !== 'unknown');
  return told.length ? [make('table', { className: 'statuses' }, told.map(([name, fields]) => make('tr', {},
    make('th', {}, name, fields.has('leader') && fields.get('leader').change !== 'removed' ? make('span', { title: 'leads' }, ' ★') : null),
    make('td', {}, badge(fields.get('status').value)),
    make('td', {}, fields.get('message')?.value ?? '', ' ', flag(fields.get('status').change || fields.get('message')?.change)),
    make('td', {}, [fields.get('version')?.value, fields.get('ports')?.value].filter(Boolean).join(' · ')))))] : [];
}

function valueTable(values) {
  return make('table', { className: 'values' }, [...values].sort(([one], [other]) => compareNames(one, other)).map(([key, { value, change }]) =>
    make('tr', { className: change }, make('th', {}, key), make('td', {}, flag(change), make('span', { className: 'value' }, pretty(value))))));
}

/** JSON is easier to read over several lines. */
function pretty(value) {
  if (!/^[[{]/.test(value) || value.length < 40) return value;
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
