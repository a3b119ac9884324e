// What a page can do that paper cannot. Everything of the report stands without it; it asks nothing of any network.
"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const make = (tag, text, attributes = {}) => {
    const found = document.createElement(tag);
    if (text) found.textContent = text;
    for (const [name, value] of Object.entries(attributes)) found.setAttribute(name, value);
    return found;
  };
  const words = read("page-words");
  const status = document.getElementById("said");
  const say = (text) => { status.textContent = text; };

  // --- tables sort: up, down, and back to their own order ---------------------------------------------------------

  const alphabet = new Intl.Collator(document.documentElement.lang, { numeric: true });

  const compare = (column) => (a, b) => {
    const [x, y] = [a, b].map((row) => row.cells[column]);
    if (x.dataset.v === undefined && y.dataset.v === undefined) return alphabet.compare(x.textContent, y.textContent);
    return Number(x.dataset.v) - Number(y.dataset.v);
  };

  const sort = (table, column, direction) => {
    const body = table.tBodies[0];
    const own = [...body.rows].sort((a, b) => a.dataset.row - b.dataset.row);
    const empty = (row) => row.cells[column].dataset.v === "";
    const order = compare(column);
    const full = own.filter((row) => !empty(row)).sort((a, b) => (direction === "ascending" ? order(a, b) : order(b, a)));
    body.append(...(direction ? [...full, ...own.filter(empty)] : own));
    [...table.tHead.rows[0].cells].forEach((head, i) => {
      if (i === column && direction) head.setAttribute("aria-sort", direction);
      else head.removeAttribute("aria-sort");
    });
  };

  const next = { null: "ascending", ascending: "descending", descending: null };

  const sortable = (table) => {
    if (table.tBodies[0].rows.length < 3 && !table.closest("#explorer")) return;
    [...table.tBodies[0].rows].forEach((row, i) => { row.dataset.row = i; });
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const name = head.textContent.replaceAll("\u00ad", "");
      const button = make("button", "", { type: "button", title: words.sort });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const direction = next[head.getAttribute("aria-sort")];
        sort(table, column, direction);
        say(direction ? fill(direction === "ascending" ? words.up : words.down, { head: name }) : words.own);
      });
    });
  };

  // --- a box that scrolls is reached by the keyboard, one that does not is passed over ------------------------------

  const reachable = () => {
    for (const box of document.querySelectorAll(".scroll")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else if (box !== document.activeElement) box.removeAttribute("tabindex");
    }
  };

  // --- what is folded away is printed -----------------------------------------------------------------------------

  const folded = [];
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("main details:not([open])")) {
      details.open = true;
      folded.push(details);
    }
  });
  addEventListener("afterprint", () => { for (const details of folded.splice(0)) details.open = false; });

  // --- every released result to choose among ------------------------------------------------------------------------

  const explore = (data) => {
    const names = Object.keys(data.choices);
    const place = document.getElementById("explorer");
    const selects = Object.fromEntries(names.map((name) => [name, document.getElementById(`choice-${name}`)]));
    const [chart, table, note, link] = ["chart", "rows", "note", "download"].map((id) => document.getElementById(`explorer-${id}`));
    const chosen = [...data.first];
    let redraw = () => {};

    // whole numbers of the last decimal to text: rounding was done where the report was made
    const number = (value, digits, signed = false) => {
      const text = String(Math.abs(value)).padStart(digits + 1, "0");
      const whole = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+$)/g, data.signs.group);
      const sign = value < 0 ? data.signs.minus : signed && value > 0 ? "+" : "";
      return sign + whole + (digits ? data.signs.point + text.slice(-digits) : "");
    };
    const range = (low, high, digits) => fill(data.words.range, { low: number(low, digits), high: number(high, digits) });

    const fits = (series, upTo) => names.every((_, i) => i >= upTo || series[i] === chosen[i]);

    // each choice is among what the choices before it leave
    const settle = () => names.forEach((name, i) => {
      const left = [...new Set(data.series.filter((s) => fits(s, i)).map((s) => s[i]))].sort((a, b) => a - b);
      if (!left.includes(chosen[i])) chosen[i] = left.includes(data.first[i]) ? data.first[i] : left[0];
      selects[name].replaceChildren(...left.map((k) => make("option", data.choices[name][k], { value: k })));
      selects[name].value = chosen[i];
      selects[name].parentElement.hidden = left.length === 1 && !data.choices[name][left[0]];
    });

    const show = (announce) => {
      const [unit, rows] = data.series.find((s) => fits(s, names.length)).slice(names.length);
      const { digits, caption, axis } = data.units[unit];
      const text = names.map((name, i) => data.choices[name][chosen[i]]).filter(Boolean).join("; ");
      const when = (n) => fill(data.words[`when.${data.times[chosen[names.indexOf("time")]]}`], { n });
      table.replaceChildren(...rowsOf(rows, digits, when));
      document.getElementById("explorer-caption").textContent = `${fill(data.words.caption, { chosen: text })} ${caption}`;
      for (const head of table.closest("table").tHead.rows[0].cells) head.removeAttribute("aria-sort");
      chart.setAttribute("aria-label", fill(data.words.chart, { chosen: text }));
      redraw = () => chart.replaceChildren(draw(rows, digits, axis, when));
      redraw();
      note.textContent = [data.notes.clock[chosen[names.indexOf("clock")]], data.notes.way[chosen[names.indexOf("way")]]]
        .filter(Boolean).join(" ");
      link.href = `data:text/csv;charset=utf-8,${encodeURIComponent(csv(rows, digits))}`;
      reachable();
      if (!announce) return;
      const without = rows.filter((row) => row.length === 2);
      const why = [...new Set(without.map((row) => data.hidden[row[1]]))].join(", ");
      const hidden = without.length ? fill(data.words.hidden, { n: without.length, why }) : "";
      say(`${fill(data.words.said, { n: rows.length, chosen: text })} ${hidden}`);
    };

    const rowsOf = (rows, digits, when) => rows.map((row, i) => {
      const line = make("tr", "", { "data-row": i });
      const head = make("th", when(row[0]), { scope: "row", "data-v": row[0] });
      const [horizon, difference, low, high, treated, comparison, n] = row;
      const cell = (text, value) => make("td", text, { class: "num", "data-v": value });
      if (row.length === 2) {
        // a protected figure says so in words, in every cell
        line.append(head, ...Array.from({ length: 5 }, () => cell(data.hidden[row[1]], "")));
      } else {
        const blank = (x, text) => (x === null ? cell(data.signs.missing, "") : cell(text(x), x));
        line.append(head, blank(treated, (x) => number(x, digits)), blank(comparison, (x) => number(x, digits)),
          cell(number(difference, digits, true), difference), cell(range(low, high, digits), low), blank(n, (x) => number(x, 0)));
      }
      return line;
    });

    const csv = (rows, digits) => {
      const plain = (x) => (x === null || x === undefined ? "" : x / 10 ** digits);
      const lines = rows.map((row) => (row.length === 2 ? [row[0], "", "", "", "", "", "", data.hidden[row[1]]]
        : [row[0], ...row.slice(1, 6).map(plain), row[6] ?? "", ""]));
      return [["horizon", "estimate", "ci_low", "ci_high", "treated_mean", "control_mean", "n_treated", "note"], ...lines]
        .map((line) => line.join(",")).join("\n") + "\n";
    };

    const draw = (rows, digits, axis, when) => {
      const [width, height, right, top, bottom] = [Math.max(chart.clientWidth, 260), 300, 14, 30, 34];
      const svg = (tag, attributes, text) => {
        const found = document.createElementNS("http://www.w3.org/2000/svg", tag);
        for (const [name, value] of Object.entries(attributes)) found.setAttribute(name, value);
        if (text) found.textContent = text;
        return found;
      };
      const shown = rows.filter((row) => row.length > 2);
      const reach = Math.max(1, ...shown.flatMap((row) => [Math.abs(row[2]), Math.abs(row[3])]));
      const step = [1, 2, 5].flatMap((m) => [0, 1, 2, 3, 4, 5, 6].map((p) => m * 10 ** p)).sort((a, b) => a - b)
        .find((s) => s >= 10 ** digits && reach / s <= 4) ?? reach;
      const most = step * Math.ceil(reach / step);
      const tick = (value) => number(value / 10 ** digits, 0, true);
      const left = 18 + 8 * tick(most).length;
      const y = (value) => top + ((most - value) * (height - top - bottom)) / (2 * most);
      const gap = (width - left - right) / rows.length;
      const x = (i) => left + gap * (i + 0.5);
      const found = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true", focusable: "false" });
      found.append(svg("text", { x: 0, y: 14, class: "axis" }, axis));
      for (let value = -most; value <= most; value += step) {
        found.append(svg("line", { x1: left, x2: width - right, y1: y(value), y2: y(value), class: value ? "grid" : "zero" }));
        found.append(svg("text", { x: left - 8, y: y(value) + 5, class: "tick" }, tick(value)));
      }
      const every = Math.ceil(rows.length / Math.max(2, Math.floor((width - left) / 66)));
      const marked = rows.length > 12 ? (row) => row[0] % 12 === 0 : (_, i) => i % every === 0;
      rows.forEach((row, i) => {
        if (marked(row, i)) found.append(svg("text", { x: x(i), y: height - 10, class: "when" }, when(row[0])));
        if (row.length === 2) return found.append(svg("text", { x: x(i), y: y(0) - 8, class: "when" }, data.marks[row[1]]));
        const point = svg("g", {});
        const says = { when: when(row[0]), difference: number(row[1], digits, true), interval: range(row[2], row[3], digits) };
        point.append(svg("title", {}, fill(data.words.point, says)),
          svg("rect", { x: x(i) - gap / 2, y: top, width: gap, height: height - top - bottom, class: "near" }),
          svg("line", { x1: x(i), x2: x(i), y1: y(row[2]), y2: y(row[3]), class: "interval" }),
          svg("circle", { cx: x(i), cy: y(row[1]), r: rows.length > 12 ? 3 : 5, class: "dot" }));
        return found.append(point);
      });
      return found;
    };

    for (const [i, name] of names.entries()) {
      selects[name].addEventListener("change", () => {
        chosen[i] = Number(selects[name].value);
        settle();
        show(true);
      });
    }
    place.hidden = false;
    settle();
    show(false);
    let width = chart.clientWidth;
    new ResizeObserver(() => {
      if (chart.clientWidth !== width) { width = chart.clientWidth; redraw(); }
    }).observe(chart);
  };

  const data = read("explorer-data");
  if (data) explore(data);
  document.querySelectorAll("main table").forEach(sortable);
  addEventListener("resize", reachable);
  for (const details of document.querySelectorAll("details")) details.addEventListener("toggle", reachable);
  reachable();
})();
