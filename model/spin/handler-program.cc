/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "handler-program.h"

namespace ns3
{
namespace offload
{

NS_OBJECT_ENSURE_REGISTERED(HandlerProgram);

const char*
ToString(HandlerStatus status)
{
    switch (status)
    {
    case HandlerStatus::SUCCESS:
        return "SUCCESS";
    case HandlerStatus::PROCEED:
        return "PROCEED";
    case HandlerStatus::PROCEED_PENDING:
        return "PROCEED_PENDING";
    case HandlerStatus::PROCESS_DATA:
        return "PROCESS_DATA";
    case HandlerStatus::PROCESS_DATA_PENDING:
        return "PROCESS_DATA_PENDING";
    case HandlerStatus::DROP:
        return "DROP";
    case HandlerStatus::DROP_PENDING:
        return "DROP_PENDING";
    case HandlerStatus::SUCCESS_PENDING:
        return "SUCCESS_PENDING";
    case HandlerStatus::FAIL:
        return "FAIL";
    case HandlerStatus::SEGV:
        return "SEGV";
    }
    return "?";
}

const char*
ToString(HandlerKind kind)
{
    switch (kind)
    {
    case HandlerKind::HEADER:
        return "header";
    case HandlerKind::PAYLOAD:
        return "payload";
    case HandlerKind::COMPLETION:
        return "completion";
    }
    return "?";
}

TypeId
HandlerProgram::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::offload::HandlerProgram").SetParent<Object>().SetGroupName("Offload");
    return tid;
}

HandlerProgram::~HandlerProgram() = default;

void
HandlerProgram::Prepare(ExecutionContext&)
{
}

void
HandlerProgram::Load(SpinPipeline&)
{
}

void
HandlerProgram::Unload(SpinPipeline&)
{
}

} // namespace offload
} // namespace ns3
