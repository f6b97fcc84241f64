// The camera's pictures, one ahead: while the worker looks at one, the next is taken, so that a picture's arrival is not
// waited for after every look. Never more than one: a queue would show the worker the past.

import { Problem } from './problem.js';

/** @returns {{next: Function, forget: Function}} pictures of a running video */
export function framesOf(video) {
  let ahead = null;
  return {
    /**
     * The picture taken since the last call, or else the one to come, to be closed by who takes it.
     *
     * @returns {Promise<{bitmap: ImageBitmap, at: number}>} `at` is when it was taken, as performance.now() counts
     */
    async next() {
      const frame = await (ahead ?? take(video));
      ahead = take(video);
      // Nobody may ever ask for it.
      ahead.catch(() => {});
      return frame;
    },
    /** Lets go of the picture taken ahead: nobody will look at it, or time has passed that it knows nothing of. */
    forget() {
      ahead?.then(({ bitmap }) => bitmap.close(), () => {});
      ahead = null;
    },
  };
}

/** The next picture that the camera delivers, as a bitmap that the worker can be given. */
function take(video) {
  return new Promise((resolve, reject) => {
    const keep = () => {
      const at = performance.now();
      createImageBitmap(video).then(
        (bitmap) => resolve({ bitmap, at }),
        () => reject(Problem.local('camera.ended')),
      );
    };
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(keep);
    else requestAnimationFrame(keep);
  });
}
