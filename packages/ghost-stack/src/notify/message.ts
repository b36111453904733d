/** What a person is told. */
export interface Message {
  /** What is so, in a few words: the subject of a mail. */
  title: string;
  /** One or more sentences, with what to do. */
  text: string;
  /** `problem` needs a person at once, `note` needs one by day, `good` ends either, `news` needs nobody. */
  kind: 'problem' | 'note' | 'good' | 'news';
}

/** A way to reach a person. */
export interface Channel {
  /** Its variable in `.env`. */
  name: string;
  /** @throws Error whose message says why it was not taken */
  send(message: Message): Promise<void>;
}
