#ifndef OFFLOAD_INSTRUCTION_CACHE_H
#define OFFLOAD_INSTRUCTION_CACHE_H

namespace ns3
{
namespace offload
{
class InstructionCache
{
  public:
    void Flush()
    {
    }
};
} // namespace offload
} // namespace ns3
#endif
