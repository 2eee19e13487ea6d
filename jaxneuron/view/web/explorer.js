// The explorer: situations, knobs, the map, lives, data and what is taken away, put together around one view.

async function explore() {
  const at = (id) => document.getElementById(id);
  const view = new View(await (await ask("begin")).json());
  const knobs = new Knobs(at("knobs"), view);
  const map = new LiveMap(at("map"), view, {
    onCell: ({ x, y }) => lives.choose(x, y), onRefused: (line) => knobs.refuse(line),
    onPoint: (number, column, row, x, y, isDragging) => lives.move(number, x, y, isDragging),
  });
  const lives = new LifePair(at("lives"), view, map);
  new Situations(at("situations"), view, (x, y) => {
    map.aim(x, y);
    lives.choose(x, y);
  });
  new OwnData(at("data"), view);
  // The address is the view's, so the link must not go there.
  at("skip").addEventListener("click", (event) => {
    event.preventDefault();
    map.plot.focus();
  });
  new TakeAway(at("take-away"), view, map);
}

explore().catch((error) => {
  document.getElementById("main").prepend(element("p", { role: "alert", className: "refused" }, error.message));
  throw error;
});
