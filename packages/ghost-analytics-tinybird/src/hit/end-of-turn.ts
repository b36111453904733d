/**
 * Creates a wait for the end of the event loop's turn. Those who wait in one turn go on one after the
 * other, so that each finds what the one before it used in the processor's cache: the same work done
 * between the readings of sockets takes a fifth more time of a hit.
 *
 * @returns the function; its promise is the same for all who wait in one turn
 */
export function createEndOfTurn(): () => Promise<void> {
  let end: Promise<void> | undefined;

  return () => {
    end ??= new Promise((resolve) => {
      setImmediate(() => {
        end = undefined;
        resolve();
      });
    });
    return end;
  };
}
