import { FactList, type Recognise, type Recognised } from '../kind.ts';
import type { Piece } from '../piece.ts';

/**
 * What turns a picture into conditioning. Told by names only.
 * Sources: transformers `modeling_clip.py`, `modeling_siglip.py`, `modeling_dinov2.py`; open_clip
 * `transformer.py`; diffusers `safety_checker.py`; generative-models and zero123 for where they lie.
 */
interface Row {
  readonly id: string;
  readonly title: string;
  /** One name ends in this. */
  readonly tail: string;
  readonly width?: readonly [tail: string, axis: number];
}

const ROWS: readonly Row[] = [
  { id: 'safety-checker', title: 'safety checker', tail: 'concept_embeds_weights' },
  {
    id: 'siglip',
    title: 'SigLIP image encoder',
    tail: 'vision_model.embeddings.patch_embedding.bias',
    width: ['vision_model.embeddings.patch_embedding.weight', 0],
  },
  {
    id: 'clip-vision',
    title: 'CLIP image encoder',
    tail: 'vision_model.embeddings.patch_embedding.weight',
    width: ['vision_model.embeddings.patch_embedding.weight', 0],
  },
  {
    id: 'open-clip-vision',
    title: 'OpenCLIP image encoder',
    tail: 'visual.conv1.weight',
    width: ['visual.conv1.weight', 0],
  },
  {
    id: 'dinov2',
    title: 'DINOv2 image encoder',
    tail: 'encoder.layer.0.layer_scale1.lambda1',
    width: ['embeddings.cls_token', 2],
  },
];

export const recogniseImageEncoder: Recognise = (piece) => {
  if (piece.prefix === 'cc_projection.') {
    return { kind: 'image_encoder', id: 'cc-projection', title: 'camera projection of Zero123' };
  }
  return ROWS.reduce<Recognised | undefined>((found, row) => found ?? byRow(piece, row), undefined);
};

function byRow(piece: Piece, row: Row): Recognised | undefined {
  if (endingIn(piece, row.tail) === undefined) return undefined;
  const list = new FactList();
  if (row.width !== undefined) {
    const [tail, axis] = row.width;
    const name = endingIn(piece, tail);
    if (name !== undefined) list.add('hidden_size', piece.dim(name, axis), `${piece.prefix}${name}`);
  }
  const projection = endingIn(piece, 'visual_projection.weight');
  const open = endingIn(piece, 'visual.proj');
  // transformers stores [out, in], open_clip [in, out]
  if (projection !== undefined)
    list.add('projection_dim', piece.dim(projection, 0), `${piece.prefix}${projection}`);
  else if (open !== undefined) list.add('projection_dim', piece.dim(open, 1), `${piece.prefix}${open}`);
  return { kind: 'image_encoder', id: row.id, title: row.title, facts: list.map };
}

function endingIn(piece: Piece, tail: string): string | undefined {
  if (piece.has(tail)) return tail;
  return piece.tensors.find(({ name }) => name.endsWith(`.${tail}`))?.name;
}
