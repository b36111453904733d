/** A job as Ghost hands it over: both are text, and `payload` is JSON. */
export interface JobEnvelope {
  type: string;
  payload: string;
}

/** A job as it is kept. */
export interface KeptEnvelope extends JobEnvelope {
  /** The run of Ghost that accepted it. */
  by: string;
}

export function encodeEnvelope(envelope: KeptEnvelope): Uint8Array {
  return Buffer.from(JSON.stringify(envelope));
}

export function decodeEnvelope(bytes: Uint8Array): KeptEnvelope {
  return JSON.parse(Buffer.from(bytes).toString());
}
