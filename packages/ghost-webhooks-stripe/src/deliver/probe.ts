import { GHOST_API_VERSION } from '../webhook/legacy-event.ts';

/** A type that Ghost does not know: it answers 200 within milliseconds and does nothing. */
const PROBE_TYPE = 'prosora.doctor';

/** The body of an event that goes the whole way to Ghost and changes nothing there. */
export function probeOf({ id = 'evt_prosora_doctor', livemode = false } = {}): Buffer {
  return Buffer.from(
    JSON.stringify({
      id,
      object: 'event',
      type: PROBE_TYPE,
      api_version: GHOST_API_VERSION,
      livemode,
      data: { object: {} },
    }),
  );
}
