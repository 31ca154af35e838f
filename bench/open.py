"""Makes the files of bench/open.mjs, and is the peer that opens them. Needs torch 2.6 or later, numpy and gguf."""

import json
import os
import resource
import sys
import time
from pathlib import Path

LISTINGS = Path("fixtures/listings")


def listed(name: str) -> list:
    """Name and shape of every tensor of a golden listing."""
    rows = []
    for line in (LISTINGS / name).read_text().splitlines():
        if line and not line.startswith("#"):
            key, _, dims = line.split(" ", 2)
            rows.append((key, [int(dim) for dim in dims.strip("[]").split(",") if dim]))
    return rows


def whole(name: str) -> list:
    """The same of a whole file, by the index of the listings."""
    index = json.loads((LISTINGS / "index.json").read_text())
    files = {each["id"]: each.get("file") for each in index}
    found = next(each for each in index if each["id"] == name)
    return [
        (part["prefix"] + key, shape) for part in found["parts"] for key, shape in listed(files[part["listing"]])
    ]


def make(folder: Path) -> None:
    import numpy as np
    import torch
    from gguf import GGMLQuantizationType, GGUFWriter

    # a real file of torch.save, of which the storages are holes
    state = {name: torch.empty(shape, device="meta") for name, shape in whole("sd1-whole-ldm")}
    with torch._subclasses.FakeTensorMode():
        state = {name: torch.empty(tensor.shape) for name, tensor in state.items()}
    with torch.serialization.skip_data(materialize_fake_tensors=True):
        torch.save({"state_dict": state}, folder / "sd1.ckpt")
    path = folder / "sdxl.gguf"
    writer = GGUFWriter(str(path), "sdxl")
    size = 0
    for name, shape in listed("sdxl-ldm.txt"):
        count = int(np.prod(shape))
        if ".attn" in name and len(shape) == 2:
            bytes_ = count // 32 * 34
            row = [*shape[:-1], shape[-1] // 32 * 34]
            writer.add_tensor_info(name, row, np.dtype(np.uint8), bytes_, GGMLQuantizationType.Q8_0)
        else:
            bytes_ = count * 2
            writer.add_tensor_info(name, shape, np.dtype(np.float16), bytes_)
        size += -(-bytes_ // 32) * 32
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    os.truncate(path, -(-path.stat().st_size // 32) * 32 + size)


def peer(kind: str, path: str) -> dict:
    started = time.perf_counter()
    if kind == "ckpt":
        import torch

        imported = time.perf_counter()
        loaded = torch.load(path, mmap=True, weights_only=True, map_location="cpu")["state_dict"]
        rows = [(name, tensor.dtype, tuple(tensor.shape)) for name, tensor in loaded.items()]
    else:
        from gguf import GGUFReader

        imported = time.perf_counter()
        rows = [(tensor.name, tensor.tensor_type, tuple(tensor.shape)) for tensor in GGUFReader(path).tensors]
    return {"tensors": len(rows), "ms": (time.perf_counter() - imported) * 1000, "import": (imported - started) * 1000}


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        found = peer(sys.argv[1], sys.argv[2])
        print(json.dumps(found | {"mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
