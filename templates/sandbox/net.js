// Talking to the program: requests that say who refused and why, and the
// stream of what happens, which comes back by itself after a break.

/** A refusal of the program, or no answer at all (code "network"). */
export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const patience = 20000;

async function call(path, options) {
  let answer;
  try {
    answer = await fetch(path, { ...options, signal: AbortSignal.timeout(patience) });
  } catch (cause) {
    throw new Refused("network", String(cause));
  }
  let body;
  try {
    body = await answer.json();
  } catch {
    throw new Refused(answer.ok ? "network" : "busy", answer.statusText);
  }
  if (!answer.ok) throw new Refused(body.code ?? "busy", body.error ?? answer.statusText);
  return body;
}

export const get = (path) => call(path, { cache: "no-store" });

export const post = (path, body) => call(path, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

/** An id for one action. Trying again with it can never do the thing twice. */
export function newID() {
  // Not randomUUID: that needs a secure context, which a page on a name of
  // the local network is not.
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return "p-" + Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/**
 * Follow what happens. on has message, remove, chats, clock, state, and
 * online(bool). The state is read first, and again whenever the stream cannot
 * go on where it stopped.
 */
export function follow(on) {
  let source = null;
  let wait = 500;
  let timer = 0;

  const again = () => {
    source?.close();
    source = null;
    clearTimeout(timer);
    timer = setTimeout(start, wait);
    wait = Math.min(wait * 2, 8000);
  };

  async function start() {
    let state;
    try {
      state = await get("/api/state");
    } catch {
      on.online(false);
      again();
      return;
    }
    on.state(state);
    source = new EventSource("/api/events?after=" + encodeURIComponent(state.cursor));
    const read = (kind, use) => source.addEventListener(kind, (ev) => use(JSON.parse(ev.data)));
    read("message", on.message);
    read("delete", on.remove);
    read("chats", on.chats);
    read("clock", on.clock);
    source.addEventListener("reset", () => {
      source.close();
      start();
    });
    source.addEventListener("open", () => {
      wait = 500;
      on.online(true);
    });
    source.addEventListener("error", () => {
      on.online(false);
      // A browser resumes a broken stream itself, but gives up on a refusal.
      if (source?.readyState === EventSource.CLOSED) again();
    });
  }

  return start();
}
