//! An `ImageBitmap` of the camera → RGBA bytes. Browser only.

use js_sys::Object;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ImageBitmap, OffscreenCanvas, OffscreenCanvasRenderingContext2d};
use zeroize::Zeroizing;

/// Longer side that frames are reduced to: what a keyframe needs, and a bound on memory for 4K cameras.
const MAX_SIDE: u32 = 1280;

/// Turns bitmaps into bytes; keeps its canvas between frames.
pub(crate) struct Camera {
    canvas: OffscreenCanvas,
    context: OffscreenCanvasRenderingContext2d,
}

/// RGBA bytes and their size; wiped when dropped.
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgba: Zeroizing<Vec<u8>>,
}

impl Camera {
    /// Fails where the browser has no `OffscreenCanvas` in workers.
    pub(crate) fn new() -> Result<Self, JsValue> {
        let canvas = OffscreenCanvas::new(1, 1)?;
        let options = Object::new();
        // Keeps the canvas in main memory: every frame is read back.
        js_sys::Reflect::set(&options, &"willReadFrequently".into(), &true.into())?;
        let context = canvas
            .get_context_with_context_options("2d", &options)?
            .ok_or(JsValue::NULL)?
            .dyn_into()?;
        Ok(Self { canvas, context })
    }

    /// The bitmap's pixels, unmirrored. The caller closes the bitmap.
    pub(crate) fn read(&self, bitmap: &ImageBitmap) -> Result<Pixels, JsValue> {
        let longer = bitmap.width().max(bitmap.height()).max(1);
        let scale = f64::from(MAX_SIDE.min(longer)) / f64::from(longer);
        let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
        let (width, height) = (side(bitmap.width()), side(bitmap.height()));
        // Setting a size clears the canvas even when it is the same one.
        if (self.canvas.width(), self.canvas.height()) != (width, height) {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        let (w, h) = (f64::from(width), f64::from(height));
        self.context
            .draw_image_with_image_bitmap_and_dw_and_dh(bitmap, 0.0, 0.0, w, h)?;
        let data = self.context.get_image_data(0.0, 0.0, w, h)?.data();
        Ok(Pixels {
            width,
            height,
            rgba: Zeroizing::new(data.0),
        })
    }
}

impl Drop for Camera {
    /// The canvas still shows the last frame.
    fn drop(&mut self) {
        let (width, height) = (
            f64::from(self.canvas.width()),
            f64::from(self.canvas.height()),
        );
        self.context.clear_rect(0.0, 0.0, width, height);
    }
}
