// SPDX-License-Identifier: MIT
#pragma once

#include "base/device_id.h"
#include "base/fixed_string.h"
#include "base/fixed_vector.h"
#include "core/limits.h"

#include <optional>

namespace vfio_early {

// A model by the names that it has in pci.ids; empty where it has none.
struct ModelName {
    DeviceId id;
    FixedString<max_model_name_bytes> vendor = {};
    FixedString<max_model_name_bytes> device = {};
};

// The names of the models that somebody wants to know, read line by line from the list that distributions
// have of all (pci.ids, https://pci-ids.ucw.cz).
class ModelNames {
public:
    // Asks for a model, before any line is read. Beyond max_devices it stays without a name.
    void want(DeviceId);

    // Reads the next line of the list.
    void read_line(std::string_view line);

    // nullptr where nobody asked for it.
    ModelName const* find(DeviceId) const;

private:
    FixedVector<ModelName, max_devices> m_names;
    std::optional<uint32_t> m_vendor; // of the lines that are read, where it is wanted
};

// What people call a vendor: 'NVIDIA' of 'NVIDIA Corporation', 'AMD' of 'Advanced Micro Devices, Inc. [AMD]'.
std::string_view short_vendor(std::string_view name);

// 'NVIDIA TU104 [GeForce RTX 2070 SUPER]', 'NVIDIA Device' where only the vendor has a name; nothing where
// not even that.
void put_model(Sink&, ModelName const&);

} // namespace vfio_early
