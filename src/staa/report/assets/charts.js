// Draws the page's charts from the JSON in #data: curves over epochs, and bars by layer. Each chart
// is drawn for the width that it has, and again when that changes.
'use strict';

const SVG = 'http://www.w3.org/2000/svg';
const PALETTE = 6;

function make(parent, tag, attributes = {}, text = '') {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== '') node.textContent = text;
  parent.append(node);
  return node;
}

const colour = (index) => `var(--series-${index % PALETTE})`;

/** Round values that cover [low, high], about `count` of them. */
function ticks(low, high, count) {
  if (!(high > low)) {
    const around = Math.abs(low) || 1;
    return ticks(low - around / 2, low + around / 2, count);
  }
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((s) => s * power).find((s) => s >= rough * 0.999);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({length: last - first + 1}, (_, i) => (first + i) * step);
}

/** Whole epochs, at most `count` of them, from the first to the last. */
function epochTicks(last, count) {
  const step = [1, 2, 5].flatMap((s) => [s, s * 10, s * 100, s * 1000])
      .sort((a, b) => a - b).find((s) => last / s <= count) || last;
  const all = [];
  for (let epoch = step === 2 ? 1 : step; epoch <= last; epoch += step) all.push(epoch);
  if (step > 2) all.unshift(1);
  return all;
}

/** 0.0004 -> "0.0004", 12000 -> "12k": short, with enough digits to distinguish ticks. */
function tickText(value, step) {
  if (value === 0) return '0';
  if (Math.abs(value) >= 10000) return `${+(value / 1000).toPrecision(4)}k`;
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  return digits > 5 ? value.toExponential(0) : value.toFixed(digits);
}

function linesOf(figure, runs) {
  const keys = figure.dataset.keys.split(' ');
  return runs.flatMap((run, index) => keys.map((key, rank) => ({
    key, rank, index, name: run.name, values: run.metrics[key], epochs: run.metrics.epoch,
  }))).filter((line) => line.values.some((value) => value !== null));
}

class LineChart {
  constructor(figure, runs) {
    this.figure = figure;
    this.plot = figure.querySelector('.plot');
    this.tip = figure.querySelector('.tip');
    this.lines = linesOf(figure, runs);
    this.epochs = [...new Set(this.lines.flatMap((line) => line.epochs))].sort((a, b) => a - b);
    this.chosen = -1;
  }

  draw() {
    this.plot.replaceChildren();
    if (this.lines.length === 0) {
      this.plot.textContent = 'not recorded';
      return;
    }
    const width = this.plot.clientWidth;
    const height = Math.round(Math.min(280, Math.max(210, width * 0.5)));
    const values = this.lines.flatMap((line) => line.values).filter((v) => v !== null);
    const marks = ticks(Math.min(...values), Math.max(...values), 5);
    const step = marks[1] - marks[0];
    const texts = marks.map((mark) => tickText(mark, step));
    this.box = {left: 10 + 7 * Math.max(...texts.map((t) => t.length)), right: width - 14,
                top: 10, bottom: height - 40};
    const last = this.epochs[this.epochs.length - 1];
    const first = Math.min(1, this.epochs[0]);
    this.x = (epoch) => this.box.left + (last === first ? 0.5 : (epoch - first) / (last - first)) *
        (this.box.right - this.box.left);
    const [low, high] = [marks[0], marks[marks.length - 1]];
    this.y = (value) => this.box.bottom -
        (value - low) / (high - low) * (this.box.bottom - this.box.top);

    this.svg = make(this.plot, 'svg', {width, height, viewBox: `0 0 ${width} ${height}`,
      role: 'img', tabindex: 0, 'aria-label': this.describe()});
    this.drawAxes(marks, texts, last);
    for (const line of this.lines) this.drawLine(line);
    this.cursor = make(this.svg, 'g', {class: 'cursor'});
    this.listen();
  }

  describe() {
    const ends = this.lines.map((line) => {
      const value = line.values[line.values.length - 1];
      return `${line.name}, ${this.label(line)}: ${this.text(value)}`;
    });
    return `${this.figure.dataset.title} by epoch. At the end: ${ends.join('; ')}`;
  }

  label(line) { return this.figure.dataset.labels.split(' ')[line.rank]; }

  text(value) {
    if (value === null || value === undefined) return 'not recorded';
    const {digits, unit} = this.figure.dataset;
    const shown = digits === '' ? +value.toPrecision(3) : value.toFixed(+digits);
    return unit ? `${shown} ${unit}` : `${shown}`;
  }

  drawAxes(marks, texts, last) {
    const {left, right, bottom} = this.box;
    marks.forEach((mark, i) => {
      const y = this.y(mark).toFixed(2);
      make(this.svg, 'line', {class: 'grid', x1: left, x2: right, y1: y, y2: y});
      make(this.svg, 'text', {class: 'tick', x: left - 6, y, dy: '0.35em', 'text-anchor': 'end',
        'data-axis': 'y', 'data-value': mark, 'data-place': y}, texts[i]);
    });
    for (const epoch of epochTicks(last, Math.max(2, Math.floor((right - left) / 44)))) {
      make(this.svg, 'text', {class: 'tick', x: this.x(epoch), y: bottom + 16,
        'text-anchor': 'middle'}, epoch);
    }
    make(this.svg, 'line', {class: 'axis', x1: left, x2: right, y1: bottom, y2: bottom});
    make(this.svg, 'text', {class: 'tick', x: (left + right) / 2, y: bottom + 34,
      'text-anchor': 'middle'}, 'epoch');
  }

  drawLine(line) {
    let path = '';
    let pen = 'M';
    line.epochs.forEach((epoch, i) => {
      const value = line.values[i];
      if (value === null) {
        pen = 'M';
        return;
      }
      path += `${pen}${this.x(epoch).toFixed(2)} ${this.y(value).toFixed(2)}`;
      pen = 'L';
    });
    const style = `stroke:${colour(line.index)}`;
    make(this.svg, 'path', {class: `line rank-${line.rank}`, d: path, style,
      'data-run': line.index, 'data-key': line.key});
    if (line.epochs.length > 40) return;
    line.epochs.forEach((epoch, i) => {
      if (line.values[i] === null) return;
      make(this.svg, 'circle', {cx: this.x(epoch).toFixed(2), cy: this.y(line.values[i]).toFixed(2),
        r: line.rank === 0 ? 2.6 : 1.8, style: `fill:${colour(line.index)}`});
    });
  }

  listen() {
    this.svg.addEventListener('pointermove', (event) => {
      const x = event.clientX - this.svg.getBoundingClientRect().left;
      const far = this.epochs.map((epoch) => Math.abs(this.x(epoch) - x));
      this.show(far.indexOf(Math.min(...far)));
    });
    for (const end of ['pointerleave', 'blur']) this.svg.addEventListener(end, () => this.hide());
    this.svg.addEventListener('keydown', (event) => {
      const move = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (!move) return;
      event.preventDefault();
      const from = this.chosen < 0 ? (move > 0 ? -1 : this.epochs.length) : this.chosen;
      this.show(Math.min(this.epochs.length - 1, Math.max(0, from + move)));
    });
  }

  hide() {
    this.chosen = -1;
    this.cursor.replaceChildren();
    this.tip.hidden = true;
  }

  show(index) {
    this.chosen = index;
    const epoch = this.epochs[index];
    const x = this.x(epoch);
    this.cursor.replaceChildren();
    make(this.cursor, 'line', {x1: x, x2: x, y1: this.box.top, y2: this.box.bottom});
    const rows = [`epoch ${epoch}`];
    for (const line of this.lines) {
      const value = line.values[line.epochs.indexOf(epoch)];
      if (value === undefined || value === null) continue;
      rows.push([line, `${line.name} ${this.label(line)}`.trim(), this.text(value)]);
      make(this.cursor, 'circle', {cx: x, cy: this.y(value), r: 4,
        style: `fill:${colour(line.index)}`});
    }
    this.fillTip(rows);
    this.tip.hidden = false;
    const room = this.plot.clientWidth - this.tip.offsetWidth;
    const wanted = x + 14 > room ? x - 14 - this.tip.offsetWidth : x + 14;
    this.tip.style.left = `${Math.max(0, Math.min(room, wanted))}px`;
  }

  fillTip(rows) {
    this.tip.replaceChildren(...rows.map((row) => {
      const item = document.createElement('div');
      if (typeof row === 'string') {
        item.textContent = row;
        return item;
      }
      const [line, name, value] = row;
      const swatch = document.createElement('span');
      swatch.className = `swatch rank-${line.rank}`;
      swatch.style.setProperty('--colour', colour(line.index));
      const text = document.createElement('span');
      text.textContent = name;
      const figure = document.createElement('b');
      figure.textContent = value;
      item.append(swatch, text, figure);
      return item;
    }));
  }
}

/** Bars by layer, one per run side by side, each followed by its value. */
class BarChart {
  constructor(figure, runs) {
    this.figure = figure;
    this.plot = figure.querySelector('.plot');
    this.key = figure.dataset.keys;
    this.runs = runs;
    const named = runs.flatMap((run) => run.layers.filter((layer) => layer[this.key] !== null));
    this.names = [...new Set(named.map((layer) => layer.name))];
  }

  draw() {
    this.plot.replaceChildren();
    if (this.names.length === 0) {
      this.plot.textContent = 'not measured';
      return;
    }
    const width = this.plot.clientWidth;
    const bar = this.runs.length > 2 ? 8 : 12;
    const row = bar * this.runs.length + 8;
    const height = this.names.length * row + 8;
    const left = 12 + 6.4 * Math.max(...this.names.map((name) => name.length));
    const room = width - left - 64;
    const most = Math.max(...this.runs.flatMap((run) => run.layers.map((l) => l[this.key] || 0)));
    const svg = make(this.plot, 'svg', {width, height, viewBox: `0 0 ${width} ${height}`,
      role: 'img', 'aria-label': `${this.figure.dataset.title}; the table below has the figures`});
    this.names.forEach((name, i) => {
      const top = 4 + i * row;
      make(svg, 'text', {class: 'tick', x: left - 8, y: top + (row - 8) / 2, dy: '0.35em',
        'text-anchor': 'end'}, name);
      this.runs.forEach((run, index) => {
        const layer = run.layers.find((one) => one.name === name);
        if (!layer || layer[this.key] === null) return;
        const value = layer[this.key];
        const length = most > 0 ? value / most * room : 0;
        const y = top + index * bar;
        const rect = make(svg, 'rect', {x: left, y: y + 0.5, width: length.toFixed(2),
          height: bar - 1, style: `fill:${colour(index)}`, 'data-run': index, 'data-layer': name,
          'data-value': value});
        const text = value === 0 ? '0' : value.toPrecision(3);
        make(rect, 'title', {}, `${run.name}, ${name}: ${text} ${this.figure.dataset.unit}`);
        make(svg, 'text', {class: 'value', x: left + length + 5, y: y + bar / 2, dy: '0.35em'},
            text);
      });
    });
  }
}

function drawAll() {
  const {runs} = JSON.parse(document.getElementById('data').textContent);
  for (const figure of document.querySelectorAll('figure.chart')) {
    const Chart = figure.dataset.chart === 'bars' ? BarChart : LineChart;
    const chart = new Chart(figure, runs);
    let drawn = 0;
    const redraw = () => {
      if (chart.plot.clientWidth === drawn) return;
      drawn = chart.plot.clientWidth;
      chart.draw();
    };
    redraw();
    new ResizeObserver(redraw).observe(chart.plot);
  }
  document.documentElement.dataset.drawn = 'yes';
}

drawAll();
