// What the page asks of its server.

// Another picture of the same page takes the place of the one before.
const PAGE = Array.from(crypto.getRandomValues(new Uint32Array(4)), (number) => number.toString(36)).join("");

/** What the server refuses, or cannot do: one line. */
class Refused extends Error {}

const CUT = "The server's answer ended early: is jaxneuron explore still running?";

/** The server's answer: to a file's bytes, to a body as JSON, or to nothing. */
async function ask(path, body, { signal } = {}) {
  const isFile = body instanceof Blob;
  const post = body === undefined ? {} : {
    method: "POST", body: isFile ? body : JSON.stringify(body),
    headers: { "Content-Type": isFile ? "application/octet-stream" : "application/json", "X-Page": PAGE },
  };
  let response;
  try {
    response = await fetch(path, { ...post, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("The server does not answer: is jaxneuron explore still running?");
  }
  if (response.ok && !response.headers.has("X-Refused")) return response;
  const said = await response.json().catch(() => ({}));
  throw new Refused(said.error ?? `The server answers ${response.status}.`);
}

/** The messages of a stream, each {header, buffer}: the lengths of both come first, in 4 bytes each. One of the kind "error"
 * is thrown; the last one is the "end", or what is "done". */
async function* messages(response) {
  const reader = response.body.getReader();
  let held = new Uint8Array(0);
  const take = async (size) => {
    const taken = new Uint8Array(size);
    for (let have = 0; ;) {
      const fitting = held.subarray(0, size - have);
      taken.set(fitting, have);
      held = held.subarray(fitting.length);
      have += fitting.length;
      if (have === size) return taken.buffer;
      const { value, done } = await reader.read().catch((error) => {
        throw error.name === "AbortError" ? error : new Refused(CUT);
      });
      if (done) throw new Refused(CUT);
      held = value;
    }
  };
  try {
    for (let kind = ""; kind !== "end" && kind !== "done";) {
      const sizes = new DataView(await take(8));
      const header = JSON.parse(new TextDecoder().decode(await take(sizes.getUint32(0, true))));
      const buffer = await take(sizes.getUint32(4, true));
      ({ kind } = header);
      if (kind === "error") throw new Refused(header.error);
      yield { header, buffer };
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** The arrays of a message by name, typed; each begins at a multiple of 8 bytes. */
function arraysOf({ arrays }, buffer) {
  let offset = 0;
  return Object.fromEntries(arrays.map(({ name, dtype, shape }) => {
    const values = new ARRAYS[dtype](buffer, offset, shape.reduce((a, b) => a * b, 1));
    offset = 8 * Math.ceil((offset + values.byteLength) / 8);
    return [name, values];
  }));
}
