// The camera's pictures, the newest at any time: while the worker looks at one, each that arrives takes the place of the
// one before. No look waits for the camera, and no hint is about what was to be seen long ago. Never more than one is
// kept: a queue would show the worker the past.

import { Problem } from './problem.js';

/** How many pictures a browser may count without telling of one. */
const PATIENCE = 5;

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
  const arrived = arrivalsOf(video, () => ended);
  (async () => {
    while (await arrived()) arrive(await take(video));
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

/** The picture that the video shows, as a bitmap that the worker can be given, and when that was. */
async function take(video) {
  const at = performance.now();
  return { bitmap: await createImageBitmap(video).catch(() => { throw Problem.local('camera.ended'); }), at };
}

/**
 * Resolves to true whenever the camera has delivered another picture, to false once nobody wants any.
 *
 * A browser may have requestVideoFrameCallback and never call it: WebKitGTK where it does not draw with a graphics card. It
 * counts the pictures all the same, so the count is asked as well, and believed when it was alone for a while.
 */
function arrivalsOf(video, isOver) {
  if (!video.requestVideoFrameCallback) return () => new Promise((resolve) => { requestAnimationFrame(() => resolve(!isOver())); });
  const count = () => video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
  let counted = count();
  let untold = 0;
  return () => new Promise((resolve) => {
    let done = false;
    const end = (arrived) => {
      done = true;
      resolve(arrived);
    };
    const told = video.requestVideoFrameCallback(() => {
      untold = 0;
      end(true);
    });
    const watch = () => {
      if (done) return;
      const before = counted;
      counted = count();
      if (counted !== before) untold += 1;
      const alone = counted !== before && untold > PATIENCE;
      if (!alone && !isOver()) return requestAnimationFrame(watch);
      video.cancelVideoFrameCallback(told);
      end(alone);
    };
    requestAnimationFrame(watch);
  });
}
