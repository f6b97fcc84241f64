// The camera's pictures, the newest at any time: while the worker looks at one, each that arrives takes the place of the
// one before. No look waits for the camera, and no hint is about what was to be seen long ago. Never more than one is
// kept: a queue would show the worker the past.

import { Problem } from './problem.js';

/** @returns {{next: Function, forget: Function, end: Function}} pictures of a running video, until `end` is called */
export function framesOf(video) {
  let kept = null;
  let waiting = null;
  let failed = null;
  let after = -Infinity;
  let ended = false;

  const drop = () => {
    kept?.bitmap.close();
    kept = null;
  };
  const arrive = (frame) => {
    if (ended || frame.at < after) return frame.bitmap.close();
    if (waiting) {
      waiting.resolve(frame);
      waiting = null;
      return;
    }
    drop();
    kept = frame;
  };
  const fail = (error) => {
    failed = error;
    waiting?.reject(error);
  };
  (async () => {
    while (!ended) arrive(await take(video));
  })().catch(fail);

  return {
    /**
     * The newest picture that was not yet given, or else the one to come; to be closed by who takes it.
     *
     * @returns {Promise<{bitmap: ImageBitmap, at: number}>} `at` is when it arrived, as performance.now() counts
     */
    next() {
      if (failed) return Promise.reject(failed);
      if (!kept) return new Promise((resolve, reject) => { waiting = { resolve, reject }; });
      const frame = kept;
      kept = null;
      return Promise.resolve(frame);
    },
    /** Lets go of what arrived until now. */
    forget() {
      after = performance.now();
      drop();
    },
    /** Takes no more. */
    end() {
      ended = true;
      drop();
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
