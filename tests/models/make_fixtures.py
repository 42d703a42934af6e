#!/usr/bin/env python3
"""Writes tests/models/fixtures/*.json: what PyTorch, or plain NumPy, makes of small inputs.

The fixtures are committed, so that tests need no Python. To make them anew:
    python3 -m venv /tmp/torchenv
    /tmp/torchenv/bin/pip install torch numpy
    /tmp/torchenv/bin/python tests/models/make_fixtures.py
A file is {"options": {...}, "tensors": {name: {"dims": [...], "values": [...]}}}; with "divisor"
the values are to be divided by it. Names: src, dst, diff_dst, diff_src, and of each weight
`weights` and `diff_weights`, in PyTorch's layout: OIHW, of transposed convolutions IOHW.
"""
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

FOLDER = pathlib.Path(__file__).parent / "fixtures"


def encode(value):
    if isinstance(value, dict):
        return value
    array = np.asarray(value.detach() if torch.is_tensor(value) else value, dtype=np.float32)
    return {"dims": list(array.shape), "values": [float(f"{x:.9g}") for x in array.ravel()]}


def write(name, tensors, **options):
    content = {"options": options, "tensors": {key: encode(t) for key, t in tensors.items()}}
    (FOLDER / f"{name}.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")


def random(*dims, scale=1.0):
    return (torch.randn(*dims) * scale).requires_grad_()


def layer(name, function, src, weights=None, **options):
    """One forward and one backward pass with a random gradient of the output."""
    weights = weights or {}
    dst = function(src, **weights)
    diff_dst = torch.randn_like(dst)
    dst.backward(diff_dst)
    tensors = {"src": src, "dst": dst, "diff_dst": diff_dst, "diff_src": src.grad}
    for key, weight in weights.items():
        tensors |= {key: weight, f"diff_{key}": weight.grad}
    write(name, tensors, **options)


def convolution(name, channels, outputs, size, kernel, stride, padding, batch=2):
    layer(name, lambda src, weights, bias: F.conv2d(src, weights, bias, stride, padding),
          random(batch, channels, *size),
          {"weights": random(outputs, channels, kernel, kernel, scale=0.3), "bias": random(outputs)},
          outputs=outputs, kernel=kernel, stride=stride, padding=padding)


def layers():
    layer("dense", lambda src, weights, bias: F.linear(src, weights, bias), random(3, 20),
          {"weights": random(10, 20, scale=0.3), "bias": random(10)}, outputs=10)
    convolution("convolution", 3, 5, (9, 8), 3, 1, 1)
    convolution("convolution_stride_2", 4, 6, (8, 8), 3, 2, 1)
    convolution("convolution_4x4_stride_2", 3, 8, (8, 10), 4, 2, 1)
    convolution("convolution_1x1", 5, 4, (4, 6), 1, 1, 0)
    convolution("convolution_7x7", 1, 4, (9, 9), 7, 1, 3)
    convolution("convolution_to_one_channel", 16, 1, (8, 8), 3, 1, 1)
    for name, kernel, stride, padding, extra in (("transposed_convolution", 4, 2, 1, 0),
                                                 ("transposed_convolution_3x3", 3, 2, 1, 1)):
        layer(name,
              lambda src, weights, bias: F.conv_transpose2d(src, weights, bias, stride, padding, extra),
              random(2, 4, 5, 4), {"weights": random(4, 3, kernel, kernel, scale=0.3), "bias": random(3)},
              outputs=3, kernel=kernel, stride=stride, padding=padding, output_padding=extra)
    layer("max_pool", lambda src: F.max_pool2d(src, 2), random(2, 3, 8, 6), kernel=2)
    layer("average_pool", lambda src: F.avg_pool2d(src, 2), random(2, 3, 8, 6), kernel=2)
    layer("upsample", lambda src: F.interpolate(src, scale_factor=2, mode="nearest"),
          random(2, 3, 4, 5), factor=2)
    layer("upsample_convolution",
          lambda src, weights, bias: F.conv2d(F.interpolate(src, scale_factor=2), weights, bias, 1, 1),
          random(2, 4, 5, 6), {"weights": random(3, 4, 3, 3, scale=0.3), "bias": random(3)},
          outputs=3, kernel=3)
    layer("pixel_unshuffle", lambda src: F.pixel_unshuffle(src, 2), random(2, 3, 4, 6))
    layer("relu", torch.relu, random(2, 3, 4, 5))
    layer("leaky_relu", lambda src: F.leaky_relu(src, 0.2), random(2, 3, 4, 5), slope=0.2)
    layer("sigmoid", torch.sigmoid, random(2, 3, 4, 5, scale=3))
    layer("tanh", torch.tanh, random(2, 3, 4, 5, scale=2))
    layer("instance_norm",
          lambda src, scale, shift: F.instance_norm(src, weight=scale, bias=shift, eps=1e-5),
          random(2, 3, 5, 6), {"scale": random(3), "shift": random(3)}, epsilon=1e-5)
    batch_norm()

    def residual(src, weights_1, bias_1, weights_2, bias_2):
        hidden = torch.relu(F.conv2d(src, weights_1, bias_1, padding=1))
        return src + F.conv2d(hidden, weights_2, bias_2, padding=1)

    layer("residual", residual, random(2, 4, 6, 6),
          {"weights_1": random(4, 4, 3, 3, scale=0.3), "bias_1": random(4),
           "weights_2": random(4, 4, 3, 3, scale=0.3), "bias_2": random(4)})


def channel_norm():
    def function(src, scale, shift):
        return F.layer_norm(src.movedim(1, -1), (6,), scale, shift, eps=1e-3).movedim(-1, 1)

    layer("channel_norm", function, random(2, 6, 4, 5), {"scale": random(6), "shift": random(6)}, epsilon=1e-3)


def blur():
    """Of an upsampled image it makes bilinear interpolation, which PyTorch has."""
    kernel = torch.tensor([1.0, 2.0, 1.0]) / 4
    window = torch.outer(kernel, kernel).expand(3, 1, 3, 3)
    layer("blur", lambda src: F.conv2d(F.pad(src, (1, 1, 1, 1), mode="replicate"), window, groups=3),
          random(2, 3, 6, 11))
    src = torch.randn(2, 3, 4, 5)
    write("bilinear", {"src": src, "dst": F.interpolate(src, scale_factor=2, mode="bilinear")})


def phase_major_shuffle(src, factor=2):
    """torch.pixel_shuffle, but for the order of channels: those of the upper left pixels first."""
    n, channels, height, width = src.shape
    phases = src.reshape(n, factor**2, channels // factor**2, height, width)
    return F.pixel_shuffle(phases.transpose(1, 2).reshape(src.shape), factor)


def divisor(src, beta, gamma):
    """What generalised divisive normalisation takes the root of; beta and gamma are stored as roots,
    gamma's as shifts from where it begins."""
    roots = gamma + 0.01 + (0.1**0.5 - 0.01) * torch.eye(len(gamma))
    return F.conv2d(src.square(), roots.square()[..., None, None], beta.square() + 1e-6)


def codec():
    torch.manual_seed(11)  # so that the others keep their numbers
    layer("pixel_shuffle", phase_major_shuffle, random(2, 12, 4, 5), factor=2)
    for name, power in (("gdn", -0.5), ("inverse_gdn", 0.5)):
        layer(name, lambda src, beta, gamma: src * divisor(src, beta, gamma) ** power,
              random(2, 10, 5, 7, scale=2), {"beta": random(10), "gamma": random(10, 10, scale=0.1)})
    likelihoods()


def likelihoods():
    """Bits by interval probabilities, in double precision."""
    values = (torch.randn(400, dtype=torch.double) * 6).requires_grad_()
    log_scales = (torch.rand(400, dtype=torch.double) * 6 - 2).requires_grad_()
    scales = log_scales.exp()
    below = torch.distributions.Normal(0, 1).cdf
    size = values.abs()
    probability = below((0.5 - size) / scales) - below((-0.5 - size) / scales)
    kept = probability.detach() > 1e-7
    bits = torch.where(kept, -probability.clamp_min(1e-300).log2(), torch.zeros_like(probability))
    bits.sum().backward()
    gaussian = {"values": values, "log_scales": log_scales, "diff_values": values.grad,
                "diff_log_scales": log_scales.grad}
    write("gaussian_bits", {key: tensor.detach()[kept] for key, tensor in gaussian.items()},
          bits=bits.sum().item())

    values = (torch.randn(200, dtype=torch.double) * 4).requires_grad_()
    parameters = torch.randn(9, dtype=torch.double).requires_grad_()
    weights, means, log_scales = parameters.reshape(3, 3)
    means = means + torch.tensor([-2.0, 0.0, 2.0])
    cdf = lambda x: torch.sigmoid((x[:, None] - means) / log_scales.exp())
    probability = ((cdf(values + 0.5) - cdf(values - 0.5)) * torch.softmax(weights, 0)).sum(1)
    bits = -probability.log2().sum()
    bits.backward()
    write("mixture_bits", {"values": values, "parameters": parameters, "diff_values": values.grad,
                           "diff_parameters": parameters.grad}, bits=bits.item())


def batch_norm():
    """A training step, then inference on the same input with the running statistics."""
    src, scale, shift = random(4, 3, 5, 6), random(3), random(3)
    mean, variance = torch.zeros(3), torch.ones(3)
    dst = F.batch_norm(src, mean, variance, scale, shift, training=True, momentum=0.1, eps=1e-5)
    diff_dst = torch.randn_like(dst)
    dst.backward(diff_dst)
    inference = F.batch_norm(src, mean, variance, scale, shift, eps=1e-5)
    write("batch_norm", {
        "src": src, "dst": dst, "diff_dst": diff_dst, "diff_src": src.grad, "scale": scale,
        "diff_scale": scale.grad, "shift": shift, "diff_shift": shift.grad, "running_mean": mean,
        "running_variance": variance, "inference": inference}, momentum=0.1, epsilon=1e-5)


def optimizers():
    """Weights before the first and after each of five steps with given gradients."""
    for name, make, options in (
            ("adam", torch.optim.Adam, {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-6}),
            ("sgd", torch.optim.SGD, {"lr": 0.05}),
            ("sgd_momentum", torch.optim.SGD, {"lr": 0.05, "momentum": 0.9})):
        weights = random(13)
        optimizer = make([weights], **options)
        history, gradients = [weights.detach().clone()], torch.randn(5, 13)
        for gradient in gradients:
            weights.grad = gradient.clone()
            optimizer.step()
            history.append(weights.detach().clone())
        write(f"optimizer_{name}", {"gradients": gradients, "weights": torch.stack(history)}, **options)
    weights = [random(7), random(2, 3)]
    for w in weights:
        w.grad = torch.randn_like(w)
    before = torch.cat([w.grad.flatten() for w in weights])
    norm = torch.nn.utils.clip_grad_norm_(weights, 0.5)
    write("clip", {"gradients": before, "clipped": torch.cat([w.grad.flatten() for w in weights]),
                   "norm": norm}, limit=0.5)


def schedules():
    schedulers = torch.optim.lr_scheduler
    curves = {}
    for name, make in (
            ("step", lambda o: schedulers.StepLR(o, step_size=4, gamma=0.5)),
            ("exponential", lambda o: schedulers.ExponentialLR(o, gamma=0.9)),
            ("cosine", lambda o: schedulers.CosineAnnealingLR(o, T_max=10, eta_min=0.2))):
        optimizer = torch.optim.SGD([random(1)], lr=1.0)
        scheduler = make(optimizer)
        curves[name] = []
        for _ in range(11):
            curves[name].append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    write("schedules", {key: np.array(curve) for key, curve in curves.items()})


def losses():
    def mse(src, target):
        return F.mse_loss(src, target)

    src, target = random(2, 3, 4), torch.randn(2, 3, 4)
    loss = mse(src, target)
    loss.backward()
    write("mse_loss", {"src": src, "target": target, "loss": loss, "diff_src": src.grad})

    kinds = {
        "classic": (lambda r, f: F.binary_cross_entropy_with_logits(r, torch.ones_like(r))
                    + F.binary_cross_entropy_with_logits(f, torch.zeros_like(f)),
                    lambda f: F.binary_cross_entropy_with_logits(f, torch.ones_like(f))),
        "least_squares": (lambda r, f: 0.5 * (F.mse_loss(r, torch.ones_like(r)) + f.square().mean()),
                          lambda f: 0.5 * F.mse_loss(f, torch.ones_like(f))),
        "wasserstein": (lambda r, f: f.mean() - r.mean(), lambda f: -f.mean()),
    }
    for name, (discriminator, generator) in kinds.items():
        real, fake = random(2, 1, 3, 3, scale=3), random(2, 1, 3, 3, scale=3)
        loss = discriminator(real, fake)
        loss.backward()
        judged = fake.detach().clone().requires_grad_()
        fooled = generator(judged)
        fooled.backward()
        write(f"adversarial_{name}", {
            "real": real, "fake": fake, "discriminator": loss, "diff_real": real.grad,
            "diff_fake": fake.grad, "generator": fooled, "diff_generator": judged.grad})


def quantiser():
    """Mentzer et al. 2018: q = sum_j softmax_j(-sigma (z - c_j)^2) c_j gives the gradient, the
    nearest centre the value."""
    src = random(2, 3, 4, 4, scale=1.5)
    centres = torch.tensor([-2.0, -1.1, 0.1, 1.0, 2.0], requires_grad=True)
    sigma = 1.5
    distance = (src[..., None] - centres).square()
    soft = (torch.softmax(-sigma * distance, -1) * centres).sum(-1)
    hard = centres[distance.argmin(-1)]
    dst = soft + (hard - soft).detach()
    diff_dst = torch.randn_like(dst)
    dst.backward(diff_dst)
    write("quantiser", {"src": src, "centres": centres, "soft": soft, "dst": dst, "diff_dst": diff_dst,
                        "diff_src": src.grad, "diff_centres": centres.grad}, temperature=sigma)


def ssim(x, y, size=11, deviation=1.5):
    """Wang et al. 2004, window by window: means of SSIM and of its contrast-structure term."""
    axis = np.arange(size) - size // 2
    window = np.exp(-(axis[:, None] ** 2 + axis ** 2) / (2 * deviation ** 2))
    window /= window.sum()
    c1, c2 = 0.01 ** 2, 0.03 ** 2
    values, structures = [], []
    for i in range(x.shape[0] - size + 1):
        for j in range(x.shape[1] - size + 1):
            a, b = x[i:i + size, j:j + size], y[i:i + size, j:j + size]
            ma, mb = (window * a).sum(), (window * b).sum()
            va, vb = (window * (a - ma) ** 2).sum(), (window * (b - mb) ** 2).sum()
            covariance = (window * (a - ma) * (b - mb)).sum()
            structures.append((2 * covariance + c2) / (va + vb + c2))
            values.append((2 * ma * mb + c1) / (ma ** 2 + mb ** 2 + c1) * structures[-1])
    return np.mean(values), np.mean(structures)


def ms_ssim(x, y):
    """Wang et al. 2003; where five scales do not fit, fewer, the weights' sum brought back to 1."""
    weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
    scales = max(s for s in range(1, 6) if min(x.shape) >> (s - 1) >= 11)
    weights = np.array(weights[:scales]) / sum(weights[:scales])
    result = 1.0
    for scale, weight in enumerate(weights):
        value, structure = ssim(x, y)
        result *= max(value if scale == scales - 1 else structure, 0.0) ** weight
        h, w = (n // 2 * 2 for n in x.shape)
        x, y = (t[:h, :w].reshape(h // 2, 2, w // 2, 2).mean((1, 3)) for t in (x, y))
    return result


def metrics():
    """Two 8-bit images: cell-like blobs, and the same with noise and a shift in brightness."""
    rng = np.random.default_rng(7)
    for size in (24, 64, 128, 176):
        image = np.zeros((size, size))
        for _ in range(size // 4):
            y, x, r = rng.uniform(0, size, 2).tolist() + [rng.uniform(2, 9)]
            grid = np.mgrid[:size, :size]
            image += np.exp(-((grid[0] - y) ** 2 + (grid[1] - x) ** 2) / (2 * r * r)) * rng.uniform(20, 90)
        first = np.clip(np.round(image), 0, 255)
        second = np.clip(np.round(0.95 * image + 4 + rng.normal(0, 6, image.shape)), 0, 255)
        a, b = first / 255, second / 255
        mse = np.mean((a - b) ** 2)
        images = {key: {"dims": [1, 1, size, size], "divisor": 255, "values": [int(v) for v in t.ravel()]}
                  for key, t in (("first", first), ("second", second))}
        write(f"metrics_{size}", images, mse=mse, psnr=-10 * np.log10(mse), ssim=ssim(a, b)[0],
              ms_ssim=ms_ssim(a, b))


def structural_loss():
    """1 - MS-SSIM of two planes at three scales, and its gradient, in double precision."""
    torch.manual_seed(13)  # so that the others keep their numbers
    axis = torch.arange(11, dtype=torch.double) - 5
    taps = torch.exp(-axis.square() / (2 * 1.5 ** 2))
    window = torch.outer(taps, taps)[None, None] / taps.sum() ** 2
    c1, c2 = 0.01 ** 2, 0.03 ** 2
    y, x = torch.arange(48.0)[:, None], torch.arange(51.0)
    wanted = (0.5 + 0.4 * torch.sin(0.2 * x) * torch.cos(0.13 * y)).expand(2, 1, 48, 51)
    made = (0.9 * wanted + 0.02 + 0.05 * torch.randn(wanted.shape)).requires_grad_()
    a, b, product = made.double(), wanted.double(), 1.0
    weights = [0.0448, 0.2856, 0.3001]
    for scale, weight in enumerate(weights):
        mean = lambda t: F.conv2d(t, window)
        ma, mb = mean(a), mean(b)
        variances = mean(a * a) - ma ** 2 + mean(b * b) - mb ** 2
        value = (2 * (mean(a * b) - ma * mb) + c2) / (variances + c2)
        if scale == 2:
            value = value * (2 * ma * mb + c1) / (ma ** 2 + mb ** 2 + c1)
        product = product * value.mean((1, 2, 3)) ** (weight / sum(weights))
        a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
    error = (1 - product).sum()
    error.backward()
    write("structural_loss", {"made": made, "wanted": wanted, "diff_made": made.grad},
          error=error.item())


if __name__ == "__main__":
    torch.manual_seed(7)
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    for make in (layers, optimizers, schedules, losses, quantiser, metrics, channel_norm, blur, codec,
                 structural_loss):
        make()
