#!/usr/bin/env python3
"""Makes the numbers that README.md describes, from step 4 on: consensus points, crops, embeddings, cosines.

    python3 tests/golden/generate.py <models> <set>

<models> is a folder with manifest.json and the networks (dist/models). Rewrites <set>.json beside this file;
score, bounds and points (steps 1 to 3) are kept as they are. Needs NumPy, Pillow and ONNX Runtime, and shares
no code with the project.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

HERE = Path(__file__).parent
FACES = HERE.parent / "faces"


def network(models, entry):
    session = onnxruntime.InferenceSession(str(models / entry["file"]), providers=["CPUExecutionProvider"])
    feed = entry["input"]
    name = session.get_inputs()[0].name

    def run(rgb):
        channels = rgb[..., ::-1] if feed["channels"] == "bgr" else rgb
        planes = (channels - np.array(feed["mean"])) / feed["divisor"]
        tensor = planes.transpose(2, 0, 1)[None].astype(np.float32)
        outputs = session.run(None, {name: tensor})
        return dict(zip([o.name for o in session.get_outputs()], outputs))

    return run


def yunet_mirrored(run, picture):
    """Five points of the most certain face in the mirrored picture, mirrored back, by the formulas of
    OpenCV's FaceDetectorYN."""
    scale = max(picture.size) / 320
    # Black is added before the reduction: a side that is no whole number of pixels afterwards is not stretched.
    padded = Image.new("RGB", (max(picture.size),) * 2)
    padded.paste(picture, (0, 0))
    square = np.array(padded.resize((320, 320), Image.BILINEAR), dtype=np.float64)
    covered = int(np.floor(picture.width / scale + 0.5))
    square[:, :covered] = square[:, :covered][:, ::-1].copy()
    outputs = run(square)
    best = (0, None)
    for stride in (8, 16, 32):
        cls, obj, kps = (outputs[f"{n}_{stride}"].reshape(-1, w) for n, w in (("cls", 1), ("obj", 1), ("kps", 10)))
        score = np.sqrt(np.clip(cls, 0, 1) * np.clip(obj, 0, 1)).ravel()
        at = int(score.argmax())
        if score[at] > best[0]:
            row, col = divmod(at, 320 // stride)
            best = (score[at], (np.array([col, row]) + kps[at].reshape(5, 2)) * stride)
    points = [covered - 1, 0] + [-1, 1] * best[1]
    return points[[1, 0, 2, 4, 3]] * scale


def landmarks(run, picture, box, rule):
    """Five of the 68 points: eye centres, nose tip, mouth corners."""
    x, y, width, height = box
    cx, cy = x + width / 2, y + height / 2 + rule["shift_down"] * height
    width, height = width * rule["enlarge"], height * rule["enlarge"]
    side = max(width, height)
    left, top = cx - side / 2, cy - side / 2
    # Black outside of the (enlarged) box, as the network was trained.
    whole = np.asarray(picture, dtype=np.float64)
    rows, columns = np.mgrid[0 : whole.shape[0], 0 : whole.shape[1]] + 0.5
    kept = (abs(columns - cx) <= width / 2) & (abs(rows - cy) <= height / 2)
    margin = int(np.ceil(side))
    padded = np.pad(whole * kept[..., None], ((margin, margin), (margin, margin), (0, 0)))
    area = (left + margin, top + margin, left + margin + side, top + margin + side)
    crop = Image.fromarray(padded.round().astype(np.uint8)).resize((112, 112), Image.BILINEAR, box=area)
    points = run(np.asarray(crop, dtype=np.float64)).popitem()[1].reshape(68, 2) * side + [left, top]
    return np.array([points[36:42].mean(0), points[42:48].mean(0), points[30], points[48], points[54]])


def umeyama(source, target):
    """Least-squares similarity by singular value decomposition (Umeyama 1991), as a 2×3 matrix."""
    ms, mt = source.mean(0), target.mean(0)
    s, t = source - ms, target - mt
    u, d, v = np.linalg.svd(t.T @ s / len(source))
    sign = np.array([1, np.sign(np.linalg.det(u) * np.linalg.det(v))])
    rotation = u @ np.diag(sign) @ v
    scale = (d * sign).sum() / s.var(0).sum()
    return np.hstack([scale * rotation, (mt - scale * rotation @ ms)[:, None]])


def aligned(picture, points, template, side):
    matrix = umeyama(points, template)
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
    n = max(1, int(np.ceil(np.sqrt(abs(np.linalg.det(inverse[:, :2]))) - 0.05)))
    source = np.pad(np.asarray(picture, dtype=np.float64), ((1, 1), (1, 1), (0, 0)))
    height, width = source.shape[:2]
    y, x = np.mgrid[0:side, 0:side]
    total = 0
    for j in range(n):
        for i in range(n):
            sx, sy = x + (i + 0.5) / n - 0.5, y + (j + 0.5) / n - 0.5
            fx = inverse[0, 0] * sx + inverse[0, 1] * sy + inverse[0, 2] + 1
            fy = inverse[1, 0] * sx + inverse[1, 1] * sy + inverse[1, 2] + 1
            x0, y0 = np.floor(fx).astype(int), np.floor(fy).astype(int)
            dx, dy = (fx - x0)[..., None], (fy - y0)[..., None]
            at = lambda v, u: source[np.clip(v, 0, height - 1), np.clip(u, 0, width - 1)]
            total = total + (at(y0, x0) * (1 - dx) + at(y0, x0 + 1) * dx) * (1 - dy) \
                + (at(y0 + 1, x0) * (1 - dx) + at(y0 + 1, x0 + 1) * dx) * dy
    return total / n**2


def unit(vector):
    vector = vector.astype(np.float64)
    return vector / np.linalg.norm(vector)


def main(models, set_id):
    models = Path(models)
    manifest = json.loads((models / "manifest.json").read_text())
    entry = next(s for s in manifest["sets"] if s["id"] == set_id)
    rule = entry["embedding"]
    template, side = np.array(rule["template"]), entry["embedder"]["input"]["width"]
    detector, points68, embedder = (network(models, entry[n]) for n in ("detector", "landmarks", "embedder"))
    golden = json.loads((HERE / f"{set_id}.json").read_text())
    embeddings = {}
    for name, facts in golden["pictures"].items():
        picture = Image.open(FACES / f"{name}.jpg").convert("RGB")
        points = np.array(facts["points"])
        if rule["points"] == "consensus":
            second = yunet_mirrored(detector, picture)
            third = landmarks(points68, picture, facts["bounds"], entry["crop"])
            points = (points + second + third) / 3
        crop = aligned(picture, points, template, side)
        embedding = unit(embedder(crop).popitem()[1].ravel())
        if rule["mirror"]:
            embedding = unit(embedding + unit(embedder(crop[:, ::-1]).popitem()[1].ravel()))
        embeddings[name] = embedding
        edges = [-(-i * side // 4) for i in range(5)]
        fields = [crop[a:b, c:d].mean((0, 1)).round(2).tolist()
                  for a, b in zip(edges, edges[1:]) for c, d in zip(edges, edges[1:])]
        facts.update(aligned=points.round(2).tolist(), crop=fields, embedding=embedding[:8].round(5).tolist())
    golden["cosines"] = [[a, b, round(float(embeddings[a] @ embeddings[b]), 4)] for a, b, _ in golden["cosines"]]
    write(HERE / f"{set_id}.json", golden)


def write(file, golden):
    """One line a field: a change shows what changed."""
    pictures = ",\n".join(
        f'    "{name}": {{\n' + ",\n".join(f'      "{k}": {json.dumps(v)}' for k, v in facts.items()) + "\n    }"
        for name, facts in golden["pictures"].items())
    cosines = ",\n".join(f"    {json.dumps(c)}" for c in golden["cosines"])
    file.write_text(f'{{\n  "pictures": {{\n{pictures}\n  }},\n  "cosines": [\n{cosines}\n  ]\n}}\n')


if __name__ == "__main__":
    main(*sys.argv[1:])
