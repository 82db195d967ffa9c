from __future__ import annotations

import numpy as np

from helper.data import colours, datasets


def test_kinds_of_known_colours():
    known = {
        (0, 0, 0): 0,
        (255, 255, 255): 0,
        (120, 169, 140): 0,  # spread 49
        (120, 170, 140): -1,  # spread 50: neither grey nor coloured
        (0, 0, 161): 1,
        (0, 0, 160): -1,
        (255, 59, 0): 1,  # sum 314, mean below 105
        (255, 60, 0): -1,
        (255, 195, 0): -1,  # mean 150
        (255, 196, 0): 2,
        (94, 255, 255): 2,
    }
    found = colours.kinds(np.array(list(known), np.uint8))
    assert found.tolist() == list(known.values())


def test_the_data_set_is_the_same_everywhere():
    data = datasets.load("colours")
    assert (data.name, data.image_shape, data.num_classes) == ("colours", (1, 3), 3)
    assert data.sha256 == "2e041e22400a85902af2fa0978b69d5ba4a2e6c1b8519cfb0744222cb7e03fea"
    for split, count in ((data.train, 6000), (data.test, 1000)):
        assert split.images.shape == (count, 3) and split.images.dtype == np.uint8
        assert np.ptp(np.bincount(split.labels, minlength=3)) <= 1
        np.testing.assert_array_equal(colours.kinds(split.images), split.labels)
