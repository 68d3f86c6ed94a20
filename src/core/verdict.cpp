#include "core/verdict.h"

namespace vfio_early {

std::string_view code_name(Code code)
{
    switch (code) {
    case Code::None:
        return "";
    case Code::NotFound:
        return "not-found";
    case Code::IdMismatch:
        return "id-mismatch";
    case Code::Ambiguous:
        return "ambiguous";
    case Code::Unreadable:
        return "unreadable";
    case Code::IsBridge:
        return "is-bridge";
    case Code::NoIommu:
        return "no-iommu";
    case Code::NoGroup:
        return "no-group";
    case Code::NoIommuGroup:
        return "noiommu-group";
    case Code::SharedGroup:
        return "shared-group";
    case Code::GroupRefused:
        return "group-refused";
    case Code::BootDisplay:
        return "boot-display";
    case Code::ModuleMissing:
        return "module-missing";
    case Code::BindFailed:
        return "bind-failed";
    case Code::Timeout:
        return "timeout";
    }
    return "";
}

std::string_view outcome_name(Outcome outcome)
{
    switch (outcome) {
    case Outcome::WouldBind:
        return "would-bind";
    case Outcome::Refused:
        return "refused";
    case Outcome::Bound:
        return "bound";
    case Outcome::Failed:
        return "failed";
    }
    return "";
}

} // namespace vfio_early
