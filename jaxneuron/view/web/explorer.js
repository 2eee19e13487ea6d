// The explorer: situations, knobs, the map, lives, data and what is taken away, put together around one view.

async function explore() {
  const at = (id) => document.getElementById(id);
  const view = new View(await (await ask("begin")).json());
  const knobs = new Knobs(at("knobs"), view);
  const map = new LiveMap(at("map"), view, {
    onCell: (cell) => {}, onPoint: () => {}, onRefused: (line) => knobs.refuse(line),
  });
  new TakeAway(at("take-away"), view, map);
}

explore().catch((error) => {
  document.getElementById("main").prepend(element("p", { role: "alert", className: "refused" }, error.message));
  throw error;
});
