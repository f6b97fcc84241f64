// The frame's only conversation: with the window it is embedded in, over one message port.

/**
 * Waits for <nod-verify>'s first message and answers its commands from then on.
 *
 * The page's origin is what the browser says (`event.origin`), never what a message claims: it goes
 * into the session request and is bound into the seal.
 *
 * @param {{start: Function, cancel: Function, look: Function, expired: Function}} commands
 * @returns {Promise<{origin: string, lang: ?string, theme: ?string, own: ?object, event: Function, height: Function,
 *   wiped: Function, texts: Function}>} `lang`, `theme` and `own` (texts) are the page's wishes for what shows before a first attempt, `texts`
 *   gives the element what it shows itself
 */
export function connectPage(commands) {
  return new Promise((resolve) => {
    addEventListener('message', function listen(message) {
      const [port] = message.ports;
      const first = message.source === window.parent && window.parent !== window
        && message.data?.nod === 1 && message.data.type === 'init' && port;
      // `null` is the origin of sandboxed and local documents: nobody can be registered under it.
      if (!first || message.origin === 'null') return;
      removeEventListener('message', listen);
      port.onmessage = async ({ data }) => {
        if (data?.type === 'start') await commands.start(data.options ?? {});
        if (data?.type === 'cancel') await commands.cancel();
        if (data?.type === 'look') commands.look(data);
        if (data?.type === 'expired') commands.expired();
        if (data?.id) port.postMessage({ type: 'done', id: data.id });
      };
      resolve({
        origin: message.origin,
        lang: text(message.data.lang),
        theme: text(message.data.theme),
        own: message.data.texts,
        event: (name, detail) => port.postMessage({ type: 'event', name, detail: visible(detail) }),
        height: (height) => port.postMessage({ type: 'resize', height }),
        /** At a kiosk: this frame has forgotten its guest, and is to be exchanged. */
        wiped: () => port.postMessage({ type: 'wiped' }),
        texts: ({ language, title, required }) => port.postMessage({ type: 'texts', language, title, required }),
      });
    });
  });
}

function text(wish) {
  return typeof wish === 'string' ? wish : null;
}

const VISIBLE = ['code', 'retryable', 'next', 'progress', 'token', 'yes'];

/** What the page may see, and nothing private by its code: hints are about the resident's room and face. */
function visible(detail) {
  const seen = Object.fromEntries(VISIBLE.filter((key) => detail?.[key] !== undefined).map((key) => [key, detail[key]]));
  if (/^(hint|live)\./.test(seen.code ?? '')) seen.code = 'capture.positioning';
  return seen;
}
