// SPDX-License-Identifier: MIT
#pragma once

#include "core/session.h"
#include "sys/root.h"

namespace vfio_early {

// Finds the initramfs image of every kernel in /lib/modules, and whether it is older than what it has a copy
// of. Where `root` is the machine itself, lists what the others have in them with the program of the
// distribution, which takes a second or so for each; below another root no program is run. What cannot be
// told from here, such as unified kernel images, is passed over.
void find_images(Root const&, Session&);

// Has an image listed with lsinitramfs, lsinitrd or lsinitcpio below the root; where there is none of them,
// it counts as good.
void look_into(Root const&, Session const&, Image&);

} // namespace vfio_early
