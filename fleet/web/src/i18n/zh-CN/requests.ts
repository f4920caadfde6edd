export const requests = {
  requests: {
    title: '用车申请',
    mine: '申请',
    new: '新建申请',
    approve: '批准',
    reject: '不批准',
    cancel: '撤回',
    rejectReason: '不批准的理由（至少 4 个字）',
    cancelReason: '撤回的理由（至少 4 个字）',
    tabs: { open: '进行中', closed: '已结束' },
    empty: { title: '没有申请', hint: '点“新建申请”开始。' },
    columns: { number: '单号', when: '上车', trip: '行程', who: '用车人', status: '状态', vehicle: '车辆' },
    created: '{number} 已提交',
  },
}
