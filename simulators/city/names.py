"""Names for small streets: roots that any Chinese town might use, with their pinyin."""

from __future__ import annotations

from random import Random

_ROOTS = """
槐荫:Huaiyin 柳林:Liulin 桂花:Guihua 牡丹:Mudan 芙蓉:Furong 梧桐:Wutong 银杏:Yinxing
玉兰:Yulan 海棠:Haitang 石榴:Shiliu 梅园:Meiyuan 竹园:Zhuyuan 松涛:Songtao 柏树:Baishu
枫林:Fenglin 清泉:Qingquan 龙泉:Longquan 玉泉:Yuquan 甘泉:Ganquan 古井:Gujing 莲池:Lianchi
月牙:Yueya 明德:Mingde 崇文:Chongwen 尚贤:Shangxian 育英:Yuying 求实:Qiushi 博爱:Boai
仁和:Renhe 安康:Ankang 永安:Yong'an 长宁:Changning 太平:Taiping 同福:Tongfu 广济:Guangji
万福:Wanfu 吉祥:Jixiang 富民:Fumin 惠民:Huimin 兴隆:Xinglong 通达:Tongda 丰收:Fengshou
金秋:Jinqiu 瑞雪:Ruixue 朝阳:Chaoyang 晨光:Chenguang 向阳:Xiangyang 光华:Guanghua
星火:Xinghuo 东升:Dongsheng 红旗:Hongqi 前进:Qianjin 团结:Tuanjie 友谊:Youyi 劳动:Laodong
勤俭:Qinjian 工农:Gongnong 钟楼:Zhonglou 鼓楼:Gulou 文庙:Wenmiao 城隍:Chenghuang
东关:Dongguan 西关:Xiguan 南门:Nanmen 北门:Beimen 马市:Mashi 米市:Mishi 盐店:Yandian
书院:Shuyuan 贡院:Gongyuan 状元:Zhuangyuan 青云:Qingyun 彩虹:Caihong 望江:Wangjiang
听涛:Tingtao 渔市:Yushi 码头:Matou 石桥:Shiqiao 杏坛:Xingtan 桃源:Taoyuan 梨园:Liyuan
樱花:Yinghua 紫薇:Ziwei 丁香:Dingxiang 百合:Baihe 锦绣:Jinxiu 翠微:Cuiwei 碧霞:Bixia
天齐:Tianqi 泰和:Taihe 福山:Fushan 鹤鸣:Heming 凤鸣:Fengming
"""


def _pair(entry: str) -> tuple[str, str]:
    chinese, pinyin = entry.split(":")
    return chinese, pinyin


ROOTS: tuple[tuple[str, str], ...] = tuple(_pair(entry) for entry in _ROOTS.split())
ORDINALS = ("", "一", "二", "三", "四", "五", "六")
ORDINALS_EN = ("", "1st ", "2nd ", "3rd ", "4th ", "5th ", "6th ")


class StreetNames:
    """Hands out one name per line of the street lattice and district, in a shuffled but repeatable order."""

    def __init__(self, random: Random) -> None:
        self._roots = random.sample(ROOTS, len(ROOTS))
        self._given: dict[tuple[str, str, int], tuple[str, str]] = {}
        self._counts = {"ew": 0, "ns": 0}

    def name(self, district: str, axis: str, line: int) -> tuple[str, str]:
        """Chinese and English name: 街 run east-west, 巷 north-south."""
        key = (district, axis, line)
        if key not in self._given:
            self._given[key] = self._next(axis)
        return self._given[key]

    def _next(self, axis: str) -> tuple[str, str]:
        count = self._counts[axis]
        self._counts[axis] += 1
        # The two axes start half a list apart, so that crossing streets rarely share a root.
        index = count if axis == "ew" else count + len(self._roots) // 2
        root, pinyin = self._roots[index % len(self._roots)]
        ordinal = count // len(self._roots)
        suffix, suffix_en = ("街", "Street") if axis == "ew" else ("巷", "Lane")
        return f"{root}{ORDINALS[ordinal]}{suffix}", f"{pinyin} {ORDINALS_EN[ordinal]}{suffix_en}"
