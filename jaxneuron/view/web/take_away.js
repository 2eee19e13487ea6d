// Take the view away: as a study, as a picture with its caption, as a run.

class TakeAway {
  constructor(container, view, map) {
    Object.assign(this, { view, map });
    this.said = element("p", { className: "note", role: "status" });
    this.progress = element("progress", { hidden: true, ariaLabel: "Progress of the sweep" });
    this.name = element("input", { id: "sweep-name", value: "explored", maxLength: 80, size: 18 });
    this.sweeps = element("button", { type: "submit" }, "Sweep this");
    const form = element("form", { className: "controls" }, element("label", { htmlFor: "sweep-name" }, "Name of the run", this.name), this.sweeps);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.sweep();
    });
    const take = (label, act) => button(label, () => act().catch((error) => this.say(error.message)));
    container.append(
      element("div", { className: "controls" }, take("study.toml", () => this.study()), take("PNG", () => this.png()), take("SVG", async () => save(await this.svg(), "map.svg"))),
      form, this.progress, this.said);
  }

  say(words) {
    this.said.textContent = words;
  }

  /** The study whose cells are those of the picture. */
  async study() {
    const response = await ask("study.toml", this.map.request);
    save(new Blob([await response.text()], { type: "application/toml" }), "study.toml");
    this.say("Saved study.toml: jaxneuron sweep study.toml trains these cells again, bit for bit.");
  }

  /** The map with its axes and a caption, in the colours of the page. */
  async svg() {
    const { figure, pixels } = this.map;
    const { width, height, margin: { l, r, t, b } } = figure.layout;
    const { surface, text } = theme();
    const axes = decodeURIComponent((await Plotly.toImage(figure, { format: "svg", width, height })).split(",").slice(1).join(","));
    const lines = wrapped(this.map.caption, Math.floor((width - 24) / 6.2));
    const { scale } = this.map.quantity;
    const top = height + (scale === "kind" ? 16 : 0);
    const whole = top + 16 * lines.length + 12;
    const caption = lines.map((line, i) => `<tspan x="12" y="${top + 12 + 16 * i}">${asText(line)}</tspan>`).join("");
    const image = pixels.canvas.toDataURL();
    return new Blob([`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${whole}" viewBox="0 0 ${width} ${whole}">`
      + `<rect width="100%" height="100%" fill="${surface}"/>`
      + `<image x="${l}" y="${t}" width="${width - l - r}" height="${height - t - b}" preserveAspectRatio="none" style="image-rendering:pixelated" href="${image}"/>`
      + `${axes}${this.legend(height + 6)}`
      + `<text font-family="system-ui, sans-serif" font-size="12" fill="${text}">${caption}</text></svg>`], { type: "image/svg+xml" });
  }

  /** The colours of fates, which are on no colour bar, as a row. */
  legend(y) {
    if (this.map.quantity.scale !== "kind") return "";
    const { fates, text } = theme();
    let x = 12;
    return FATES.map((fate) => {
      const mark = `<rect x="${x}" y="${y - 9}" width="10" height="10" fill="${fates[fate]}"/><text x="${x + 14}" y="${y}" font-family="system-ui, sans-serif" font-size="12" fill="${text}">${FATE_NAMES[fate]}</text>`;
      x += 26 + 6.6 * FATE_NAMES[fate].length;
      return mark;
    }).join("");
  }

  async png() {
    const drawing = URL.createObjectURL(await this.svg());
    const image = element("img", { src: drawing });
    await image.decode();
    const canvas = element("canvas", { width: 2 * image.width, height: 2 * image.height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(drawing);
    save(await new Promise((resolve) => { canvas.toBlob(resolve); }), "map.png");
  }

  /** Have the view swept into a run on this machine. */
  async sweep() {
    this.sweeps.disabled = true;
    this.say("Sweeping …");
    try {
      const response = await ask("sweep", { view: this.map.request, name: this.name.value });
      for await (const { header } of messages(response)) {
        if (header.kind === "progress") Object.assign(this.progress, { hidden: false, max: header.total, value: header.done });
        if (header.kind === "done") this.say(`The run lies at ${header.run}: jaxneuron report ${header.run} shows it.`);
      }
    } catch (error) {
      this.say(error.message);
    } finally {
      this.sweeps.disabled = false;
      this.progress.hidden = true;
    }
  }
}

/** Words in lines of so many letters at most. */
function wrapped(words, most) {
  const lines = [""];
  for (const word of words.split(" ")) {
    if (lines.at(-1).length + word.length >= most && lines.at(-1)) lines.push("");
    lines.push(`${lines.pop()} ${word}`.trim());
  }
  return lines;
}

/** Give a file to the browser's downloads. */
function save(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
