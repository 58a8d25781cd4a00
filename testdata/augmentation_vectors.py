"""Pictures as torchvision's transforms change them; prints augmentation-vectors.txt."""
import numpy as np
from PIL import Image
from torchvision.transforms import InterpolationMode, RandAugment
from torchvision.transforms import functional as F
from torchvision.transforms.autoaugment import _apply_op

random = np.random.RandomState(7)


def picture(channels, height, width, darkest=0, brightest=255):
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [
        np.sin(rows * random.uniform(0.2, 0.9) + random.uniform(0, 6))
        * np.cos(columns * random.uniform(0.2, 0.9) + random.uniform(0, 6))
        for _ in range(channels)
    ]
    values = 128 + 90 * np.stack(waves, -1) + random.normal(0, 25, (height, width, channels))
    return Image.fromarray(
        np.clip(values, darkest, brightest).astype(np.uint8).squeeze(), "RGB" if channels == 3 else "L"
    )


def pixels(image):  # CHW
    array = np.asarray(image)
    return (array.transpose(2, 0, 1) if array.ndim == 3 else array[None]).tobytes().hex()


def constant(channels, height, width, value):
    return Image.new("RGB" if channels == 3 else "L", (width, height), (value,) * channels if channels == 3 else value)


images = {
    "colour": picture(3, 8, 8),
    "wide": picture(3, 7, 10, 60, 190),
    "grey": picture(1, 28, 28, 10, 230),
    "flat": constant(3, 3, 4, 77),
    "tiny": picture(3, 2, 5),
}
for name, image in images.items():
    print("image", name, len(image.getbands()), image.height, image.width, pixels(image))

for name, image in images.items():
    size = (image.height, image.width)
    for operation, (magnitudes, signed) in RandAugment()._augmentation_space(31, size).items():
        chosen = [0] if magnitudes.ndim == 0 else [12] if name != "colour" else [0, 1, 12, 30]
        for magnitude in chosen:
            for sign in [1, -1] if signed else [1]:
                strength = float(magnitudes[magnitude].item()) if magnitudes.ndim else 0.0
                changed = _apply_op(image, operation, sign * strength, InterpolationMode.NEAREST, None)
                print("rand-augment", operation, magnitude, sign, name, pixels(changed))

for name, windows in {
    "colour": [(0, 0, 8, 8), (1, 2, 5, 5), (3, 0, 4, 4), (7, 7, 1, 1), (0, 1, 7, 7)],
    "wide": [(0, 1, 7, 7), (2, 3, 3, 3)],
    "grey": [(4, 0, 19, 19)],
}.items():
    for window in windows:
        image = images[name]
        size = [image.height, image.width]
        changed = F.resized_crop(image, *window, size, InterpolationMode.BILINEAR)
        print("crop", *window, name, pixels(changed))

adjust = [F.adjust_brightness, F.adjust_contrast, F.adjust_saturation]
for name, image in images.items():
    for order, factors in [((0, 1, 2), (0.8125, 1.1875, 1.25)), ((2, 0, 1), (0.25, 1.5, 0.0))]:
        changed = image
        for which, factor in zip(order, factors):
            changed = adjust[which](changed, factor)
        print("jitter", *order, *factors, name, pixels(changed))
