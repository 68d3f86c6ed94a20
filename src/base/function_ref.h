// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>

namespace vfio_early {

template <typename Signature> class FunctionRef;

// Refers to something that can be called, and that must outlive it: a parameter type for callbacks.
template <typename Returned, typename... Arguments> class FunctionRef<Returned(Arguments...)> {
public:
    template <typename Callable>
    requires(!std::is_same_v<std::remove_cv_t<Callable>, FunctionRef>) FunctionRef(Callable const& callable)
        : m_callable(&callable)
        , m_call([](void const* called, Arguments... arguments) -> Returned {
            return (*static_cast<Callable const*>(called))(arguments...);
        })
    {
    }

    Returned operator()(Arguments... arguments) const { return m_call(m_callable, arguments...); }

private:
    void const* m_callable;
    Returned (*m_call)(void const*, Arguments...);
};

} // namespace vfio_early
