/**
 * What every event says about itself. The object inside is Stripe's, in the shape of the event's
 * `api_version`: https://docs.stripe.com/api/events/object
 */
export interface StripeEvent {
  id: string;
  /** `event`, or `v2.core.event` for a thin one, which has no `data`. */
  object: 'event' | 'v2.core.event';
  type: string;
  livemode: boolean;
  /** Seconds since 1970. A thin event has an ISO 8601 text. */
  created?: number | string;
  /** The version that the object is rendered in. */
  api_version?: string | null;
  data?: { object: object; previous_attributes?: object };
}

/** Reads an event from a body whose signature is right; `undefined` when it is not JSON or no event. */
export function parseEvent(body: Uint8Array): StripeEvent | undefined {
  const event = parseJson(body);
  if (!isRecord(event)) return undefined;
  const { id, object, type, livemode, data } = event;
  if (typeof id !== 'string' || typeof type !== 'string' || typeof livemode !== 'boolean') {
    return undefined;
  }
  if (object === 'event' && (!isRecord(data) || !isRecord(data['object']))) return undefined;
  if (object !== 'event' && object !== 'v2.core.event') return undefined;
  return event as unknown as StripeEvent;
}

function parseJson(body: Uint8Array): unknown {
  try {
    // Fatal, so that bytes which are not UTF-8 are refused and not silently replaced.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The object inside of an event, to look at its fields; empty for a thin event. */
export function fieldsOf({ data }: StripeEvent): Record<string, unknown> {
  return { ...data?.object };
}
