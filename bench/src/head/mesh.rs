//! The average face: MediaPipe's canonical mesh (`bench/data/PROVENANCE.md`).

use anyhow::{Context, Result, ensure};
use nod::landmarks::COUNT;
use serde::Deserialize;

use super::space::{Point3, add, minus, scaled};

const OBJ: &str = include_str!("../../data/canonical_face_model.obj");
const LANDMARKS: &str = include_str!("../../data/landmarks68.json");

/// A surface of triangles.
pub(crate) struct Mesh {
    pub(crate) vertices: Vec<Point3>,
    /// Three vertices each, from 0.
    pub(crate) triangles: Vec<[usize; 3]>,
    /// The vertex that stands for each of the 68 landmarks.
    pub(crate) landmarks: [usize; COUNT],
}

#[derive(Deserialize)]
struct Table {
    vertices: Vec<usize>,
}

impl Mesh {
    /// The average face: looking at the camera, origin between the eyes, unit the distance of the eyes' centres.
    ///
    /// # Errors
    /// When the files in `bench/data` are not what they were.
    pub(crate) fn average() -> Result<Self> {
        let table: Table = serde_json::from_str(LANDMARKS).context("landmarks68.json")?;
        let landmarks: [usize; COUNT] = table
            .vertices
            .try_into()
            .ok()
            .context("landmarks68.json has another number of landmarks")?;
        let (vertices, triangles) = parse(OBJ).context("canonical_face_model.obj")?;
        ensure!(
            landmarks.iter().all(|&at| at < vertices.len()),
            "landmarks68.json names vertices that do not exist"
        );
        let mut mesh = Self {
            // The file has y up and z towards the viewer.
            vertices: vertices.into_iter().map(|[x, y, z]| [x, -y, -z]).collect(),
            triangles,
            landmarks,
        };
        let (left, right) = eyes(&mesh.places());
        let middle = scaled(add(left, right), 0.5);
        let unit = 1.0 / (right[0] - left[0]);
        for vertex in &mut mesh.vertices {
            *vertex = scaled(minus(*vertex, middle), unit);
        }
        Ok(mesh)
    }

    /// Where the 68 landmarks are.
    pub(crate) fn places(&self) -> [Point3; COUNT] {
        self.landmarks.map(|at| self.vertices[at])
    }
}

/// Centres of the eye on the left of the picture and of the one on its right.
pub(crate) fn eyes(places: &[Point3; COUNT]) -> (Point3, Point3) {
    let centre = |range: &[Point3]| {
        let sum = range.iter().fold([0.0; 3], |sum, &p| add(sum, p));
        scaled(sum, 1.0 / range.len() as f64)
    };
    (centre(&places[36..42]), centre(&places[42..48]))
}

/// Vertices and triangles of a Wavefront OBJ file; texture coordinates and normals are skipped.
fn parse(obj: &str) -> Result<(Vec<Point3>, Vec<[usize; 3]>)> {
    let (mut vertices, mut triangles) = (Vec::new(), Vec::new());
    for line in obj.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("v") => {
                let numbers: Vec<f64> = words.map(str::parse).collect::<Result<_, _>>()?;
                let vertex: Point3 = numbers.try_into().ok().context("a vertex of three")?;
                vertices.push(vertex);
            }
            Some("f") => {
                let corners: Vec<usize> = words.map(corner).collect::<Result<_>>()?;
                let triangle: [usize; 3] = corners.try_into().ok().context("a triangle")?;
                triangles.push(triangle);
            }
            _ => {}
        }
    }
    let known = |corner: &usize| *corner < vertices.len();
    ensure!(
        triangles.iter().all(|corners| corners.iter().all(known)),
        "a triangle has a vertex that does not exist"
    );
    Ok((vertices, triangles))
}

/// `17/4/2` or `17`, counted from 1.
fn corner(word: &str) -> Result<usize> {
    let number: usize = word.split('/').next().unwrap_or(word).parse()?;
    number.checked_sub(1).context("corners count from 1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_face_is_whole_upright_and_faces_the_camera() {
        let mesh = Mesh::average().unwrap();
        assert_eq!((mesh.vertices.len(), mesh.triangles.len()), (468, 898));
        let places = mesh.places();
        let (left, right) = eyes(&places);
        assert!((right[0] - left[0] - 1.0).abs() < 1e-9 && left[0] < 0.0);
        assert!(
            places[8][1] > 1.3,
            "the chin is below the eyes: {:?}",
            places[8]
        );
        assert!(
            places[30][2] < left[2] - 0.3,
            "the nose is nearer than the eyes"
        );
        assert!(
            places[0][2] > left[2] + 0.3,
            "the ears are farther than the eyes"
        );
        assert!(
            places[0][0] < -0.9 && places[16][0] > 0.9,
            "jaw from left to right"
        );
    }

    #[test]
    fn broken_files_are_refused() {
        for broken in ["v 1 2", "v 1 2 x", "v 0 0 0\nf 1 1 2", "v 0 0 0\nf 0 1 1"] {
            assert!(parse(broken).is_err(), "{broken}");
        }
        assert_eq!(
            parse("v 0 0 0\nf 1/2 1/3 1\nvt 1 1").unwrap().1,
            [[0, 0, 0]]
        );
    }
}
