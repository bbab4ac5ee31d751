// Reads server-sent events with fetch: EventSource cannot send a key and does not report why it
// failed.
import { headers, NoAnswer, urlOf } from './api.js';

const firstWord = 5000, silence = 45_000; // the service sends at once, and a heartbeat every 15 s

/** Splits received text into events {event, data, id}. */
function* eventsIn(buffer, text) {
  buffer.text += text;
  for (;;) {
    const end = /\r?\n\r?\n/.exec(buffer.text);
    if (!end) return;
    const lines = buffer.text.slice(0, end.index).split(/\r?\n/);
    buffer.text = buffer.text.slice(end.index + end[0].length);
    const event = { event: 'message', data: [], id: null };
    for (const line of lines) {
      const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
      if (name === 'data') event.data.push(value);
      else if (name === 'event' || name === 'id') event[name] = value;
    }
    if (event.data.length > 0) yield { ...event, data: event.data.join('\n') };
  }
}

/**
 * Reads until the stream ends, fails or sends nothing for too long. Stores the id of the last event
 * in `resume`.
 */
export async function readStream(query, resume, { onOpen, onEvent }, signal) {
  const quiet = new AbortController();
  let timer = setTimeout(() => quiet.abort(), firstWord);
  try {
    const asked = { ...headers(), Accept: 'text/event-stream', ...(resume.id && { 'Last-Event-ID': resume.id }) };
    const response = await fetch(urlOf('stream', query),
      { headers: asked, cache: 'no-store', signal: AbortSignal.any([signal, quiet.signal]) });
    if (!response.ok || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
      await response.body?.cancel();
      throw new NoAnswer(response.status, `no stream: HTTP ${response.status}`);
    }
    onOpen();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const buffer = { text: '' };
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => quiet.abort(), silence);
      for (const event of eventsIn(buffer, value)) {
        resume.id = event.id ?? resume.id;
        onEvent(event);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}
